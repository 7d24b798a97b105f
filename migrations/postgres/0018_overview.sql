-- The overview and the administration. How many cases of a day are what, kept in the commit that changes a case. Its twin is
-- migrations/sqlite/0018_overview.sql.

-- `day`: of reception, in Paris. `what`: a word for how it stands, how long it took, a reason it was rejected for.
CREATE TABLE day_counts (
    day   TEXT   NOT NULL,
    what  TEXT   NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, what)
);

-- What a case is counted as, the words with ';' between: taken back when it changes.
CREATE TABLE counted_cases (
    case_id BIGINT NOT NULL PRIMARY KEY REFERENCES cases (id),
    counted TEXT   NOT NULL
);

-- Cases of a version before, still to be counted: done when a daemon starts.
CREATE TABLE uncounted_cases (
    case_id BIGINT NOT NULL PRIMARY KEY REFERENCES cases (id)
);
INSERT INTO uncounted_cases (case_id) SELECT id FROM cases;

-- Of a mail that was put aside: from whom, and about what, as far as its head can be read.
CREATE TABLE parked_heads (
    message_id BIGINT NOT NULL PRIMARY KEY REFERENCES messages (id),
    sender     TEXT,
    subject    TEXT
);

-- What auditors look for: what people did, and what seldom happens. The rest is found by going back.
CREATE INDEX events_of_people ON events (actor, id) WHERE actor <> 'guichet';
CREATE INDEX events_rare ON events (kind, id) WHERE kind NOT IN ('message_kept', 'case_opened', 'reply_due', 'reply_sent', 'looked_at');
