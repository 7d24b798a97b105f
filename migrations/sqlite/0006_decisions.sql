-- Decisions people can trust: why each was taken, what staff decided besides, what was only tried in
-- shadow, and which case a form follows. Its twin is migrations/postgres/0006_decisions.sql.

-- guichet.explanation/1 (JSON): every rule applied, on which box and which row, and what came of it.
CREATE TABLE explanations (
    case_id     INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    explanation TEXT    NOT NULL
) STRICT;

-- The signatory, to tell a form that follows another from somebody else's for the same structure.
ALTER TABLE cases ADD COLUMN signatory_card TEXT;
ALTER TABLE cases ADD COLUMN signatory_last_name TEXT;
ALTER TABLE cases ADD COLUMN signatory_first_names TEXT;
UPDATE cases SET signatory_card = json_extract(report, '$.form.signatory.card'),
    signatory_last_name = json_extract(report, '$.form.signatory.last_name'),
    signatory_first_names = json_extract(report, '$.form.signatory.first_names');
CREATE INDEX cases_by_signatory_card ON cases (signatory_card) WHERE signatory_card IS NOT NULL;

-- By what `linked_case` was found: the mail's thread, or the same structure and signatory.
ALTER TABLE cases ADD COLUMN linked_by TEXT CHECK (linked_by IN ('thread', 'signatory'));
UPDATE cases SET linked_by = 'thread' WHERE linked_case IS NOT NULL;

-- Earlier messages of the thread whose form a case continues: their documents are part of it.
CREATE TABLE case_continues (
    case_id    INTEGER NOT NULL REFERENCES cases (id),
    message_id INTEGER NOT NULL REFERENCES messages (id),
    PRIMARY KEY (case_id, message_id)
) STRICT;

-- Composed in shadow: shown, never due, whatever anybody asks.
ALTER TABLE replies ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0
    CHECK (shadow IN (0, 1) AND (shadow = 0 OR state = 'held'));

-- What staff really decided, as they say; the latest row of a case counts.
CREATE TABLE staff_verdicts (
    id          INTEGER PRIMARY KEY,
    case_id     INTEGER NOT NULL REFERENCES cases (id),
    verdict     TEXT    NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
    decided_by  TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_verdicts_by_case ON staff_verdicts (case_id, id);
CREATE TABLE staff_verdict_codes (
    staff_verdict INTEGER NOT NULL REFERENCES staff_verdicts (id),
    code          TEXT    NOT NULL,
    PRIMARY KEY (staff_verdict, code)
) STRICT;
