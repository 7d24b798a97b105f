-- The desk: what staff do with a case. Its twin is migrations/sqlite/0011_desk.sql, which explains it.

ALTER TABLE cases ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE cases ADD COLUMN assignee TEXT;
ALTER TABLE cases ADD COLUMN asked_at BIGINT;

CREATE TABLE case_grounds (
    case_id BIGINT  NOT NULL PRIMARY KEY REFERENCES cases (id),
    ground  TEXT    NOT NULL
);
INSERT INTO case_grounds (case_id, ground) SELECT case_id, ground FROM case_waits;
ALTER TABLE case_waits DROP COLUMN ground;

CREATE TABLE case_corrections (
    case_id      BIGINT  NOT NULL REFERENCES cases (id),
    field        TEXT    NOT NULL,
    value        TEXT    NOT NULL,
    corrected_by TEXT    NOT NULL,
    corrected_at BIGINT  NOT NULL,
    PRIMARY KEY (case_id, field)
);

CREATE TABLE case_decisions (
    case_id    BIGINT  NOT NULL PRIMARY KEY REFERENCES cases (id),
    decision   TEXT    NOT NULL CHECK (decision IN ('accepted', 'rejected', 'dismissed', 'complement')),
    decided_by TEXT    NOT NULL,
    decided_at BIGINT  NOT NULL,
    before     TEXT    NOT NULL,
    letters    BIGINT  NOT NULL,
    undo_until BIGINT  NOT NULL
);

CREATE TABLE case_proposals (
    case_id     BIGINT  NOT NULL PRIMARY KEY REFERENCES cases (id),
    proposed_by TEXT    NOT NULL,
    proposed_at BIGINT  NOT NULL
);

CREATE TABLE case_viewers (
    case_id BIGINT  NOT NULL REFERENCES cases (id),
    viewer  TEXT    NOT NULL,
    seen_at BIGINT  NOT NULL,
    PRIMARY KEY (case_id, viewer)
);
