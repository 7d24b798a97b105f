-- Several programs and machines on one database: twin of migrations/sqlite/0009_machines.sql, which
-- explains it.

CREATE TABLE daemons (
    name       TEXT    NOT NULL PRIMARY KEY,
    roles      TEXT    NOT NULL,
    started_at BIGINT  NOT NULL,
    until      BIGINT  NOT NULL
);

CREATE TABLE store_state (
    one   BIGINT  NOT NULL PRIMARY KEY CHECK (one = 1),
    state TEXT    NOT NULL CHECK (state IN ('in_use', 'arriving', 'moved')),
    since BIGINT  NOT NULL
);
INSERT INTO store_state (one, state, since) VALUES (1, 'in_use', 0);

ALTER TABLE sightings ADD COLUMN filing_worker TEXT;

ALTER TABLE replies ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0
    CHECK (withdrawn IN (0, 1) AND (withdrawn = 0 OR state = 'held'));
