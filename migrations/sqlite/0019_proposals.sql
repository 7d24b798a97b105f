-- Decisions that a second person confirms. Its twin is migrations/postgres/0019_proposals.sql.

-- Nobody wrote into the one of before.
DROP TABLE case_proposals;
CREATE TABLE case_proposals (
    case_id     INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    decision    TEXT NOT NULL CHECK (decision IN ('accepted', 'rejected', 'dismissed', 'complement')),
    -- in full (JSON)
    act         TEXT NOT NULL,
    -- why one person does not suffice: words of desk.four_eyes, apart by spaces
    reasons     TEXT NOT NULL,
    -- SHA-256 of what the case was judged to be
    judged      TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL
) STRICT;

-- Of a decision that was confirmed: who had proposed it; decided_by confirmed it.
ALTER TABLE case_decisions ADD COLUMN proposed_by TEXT;
