-- The desk: what staff do with a case. Its twin is migrations/postgres/0011_desk.sql.

-- Raised by whatever staff change of a case: who saw another one is told.
ALTER TABLE cases ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- Who has taken it.
ALTER TABLE cases ADD COLUMN assignee TEXT;
-- When the requester was asked for a complement that has not come.
ALTER TABLE cases ADD COLUMN asked_at INTEGER;

-- What a case is judged from again (JSON): of those that wait, and of those that staff decided.
CREATE TABLE case_grounds (
    case_id INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    ground  TEXT    NOT NULL
) STRICT;
INSERT INTO case_grounds (case_id, ground) SELECT case_id, ground FROM case_waits;
ALTER TABLE case_waits DROP COLUMN ground;

-- What stands in a box, as staff say; the box by its JSON pointer, rows as on the paper.
CREATE TABLE case_corrections (
    case_id      INTEGER NOT NULL REFERENCES cases (id),
    field        TEXT    NOT NULL,
    value        TEXT    NOT NULL,
    corrected_by TEXT    NOT NULL,
    corrected_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, field)
) STRICT;

-- How staff decided a case, until they take it back.
CREATE TABLE case_decisions (
    case_id    INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    decision   TEXT    NOT NULL CHECK (decision IN ('accepted', 'rejected', 'dismissed', 'complement')),
    decided_by TEXT    NOT NULL,
    decided_at INTEGER NOT NULL,
    -- the verdict it had before, and until when it can be taken back
    before     TEXT    NOT NULL,
    -- letters composed for the mail before its own
    letters    INTEGER NOT NULL,
    undo_until INTEGER NOT NULL
) STRICT;

-- An acceptance that a second person has to confirm.
CREATE TABLE case_proposals (
    case_id     INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    proposed_by TEXT    NOT NULL,
    proposed_at INTEGER NOT NULL
) STRICT;

-- Who has a case open.
CREATE TABLE case_viewers (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    viewer  TEXT    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, viewer)
) STRICT;
