-- The desk's queue: what cases are found by, and mails that ask something. Its twin is
-- migrations/postgres/0017_queue.sql.

-- What a case is found by: words of names, addresses and identifiers, folded; and marks, which begin with
-- '=': its class, how it was read, the rules that failed. Personal data.
CREATE TABLE case_words (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    word    TEXT    NOT NULL,
    PRIMARY KEY (case_id, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_words_by_word ON case_words (word, case_id);

-- Cases of a version before, whose words are still to be written: done when a program starts.
CREATE TABLE cases_without_words (
    case_id INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id)
) STRICT;
INSERT INTO cases_without_words (case_id) SELECT id FROM cases WHERE search <> '';

-- Their class, where the registry knows it under the form's number.
INSERT INTO case_words (case_id, word)
    SELECT cases.id, '=class ' || MIN(known.class) FROM cases
    JOIN registry_structures AS known ON known.finess = cases.finess
    WHERE known.gone IS NULL AND known.class IS NOT NULL GROUP BY cases.id;

CREATE INDEX cases_by_time ON cases (received_at, id);
CREATE INDEX cases_waiting ON cases (received_at, id, asked_at, assignee) WHERE state = 'waiting';
CREATE INDEX cases_by_assignee ON cases (assignee, received_at, id) WHERE assignee IS NOT NULL;

-- Mails that ask something and hold no form: who has dealt with them, and when. `letters`: composed before
-- the answer; until `undo_until` it can be taken back.
CREATE TABLE questions (
    message_id  INTEGER NOT NULL PRIMARY KEY REFERENCES messages (id),
    received_at INTEGER NOT NULL,
    version     INTEGER NOT NULL DEFAULT 1,
    closed_at   INTEGER,
    closed_by   TEXT,
    letters     INTEGER,
    undo_until  INTEGER,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
) STRICT;
CREATE INDEX questions_open ON questions (received_at, message_id) WHERE closed_at IS NULL;
CREATE INDEX questions_closed ON questions (closed_at, message_id) WHERE closed_at IS NOT NULL;
INSERT INTO questions (message_id, received_at)
    SELECT id, received_at FROM messages WHERE state = 'done' AND outcome = 'question' AND head IS NOT NULL;

-- Structures of the registry by name, folded as the store folds.
CREATE TABLE registry_names (
    structure INTEGER NOT NULL,
    word      TEXT    NOT NULL,
    PRIMARY KEY (word, structure)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_names_by_structure ON registry_names (structure);
