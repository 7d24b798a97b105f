-- What an auditor and the retention need. Its twin is migrations/postgres/0005_audit.sql.

-- SHA-256 of the event's own fields; its hash is then SHA-256 of the hash before and this. NULL: an
-- event of a version before, whose hash covers the hash before and its fields at once.
ALTER TABLE events ADD COLUMN seal TEXT;
CREATE INDEX events_by_staff ON events (actor, id) WHERE actor <> 'guichet';

-- What an event tells that may be personal data. It can be removed and the chain stays whole: the
-- event itself holds SHA-256 of salt and text. (The salt, so that a short text cannot be guessed
-- from what is left.)
CREATE TABLE event_texts (
    event_id INTEGER NOT NULL PRIMARY KEY,
    salt     TEXT    NOT NULL,
    text     TEXT    NOT NULL
) STRICT;

-- Cases that are kept whatever their age, until a person releases them. Why stands in the event's
-- text.
CREATE TABLE holds (
    case_id  INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    event_id INTEGER NOT NULL
) STRICT;

-- Messages whose documents and personal data were removed: by which rule, and the event that holds
-- the hashes of what is gone.
CREATE TABLE purges (
    message_id INTEGER NOT NULL PRIMARY KEY REFERENCES messages (id),
    purged_at  INTEGER NOT NULL,
    rule       TEXT    NOT NULL,
    event_id   INTEGER NOT NULL
) STRICT;
