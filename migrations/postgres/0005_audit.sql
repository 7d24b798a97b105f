-- What an auditor and the retention need: twin of migrations/sqlite/0005_audit.sql, which explains
-- the tables.

ALTER TABLE events ADD COLUMN seal TEXT;
CREATE INDEX events_by_staff ON events (actor, id) WHERE actor <> 'guichet';

CREATE TABLE event_texts (
    event_id BIGINT NOT NULL PRIMARY KEY,
    salt     TEXT   NOT NULL,
    text     TEXT   NOT NULL
);

CREATE TABLE holds (
    case_id  BIGINT NOT NULL PRIMARY KEY REFERENCES cases (id),
    event_id BIGINT NOT NULL
);

CREATE TABLE purges (
    message_id BIGINT NOT NULL PRIMARY KEY REFERENCES messages (id),
    purged_at  BIGINT NOT NULL,
    rule       TEXT   NOT NULL,
    event_id   BIGINT NOT NULL
);
