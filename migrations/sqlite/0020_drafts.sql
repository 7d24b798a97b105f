-- What staff have written and not sent. Its twin is migrations/postgres/0020_drafts.sql.

CREATE TABLE drafts (
    -- the account's name: nobody else is shown it
    owner   TEXT NOT NULL,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    -- what it was written for: the last part of the page's address
    what    TEXT NOT NULL,
    -- the form, as it was sent (application/x-www-form-urlencoded), without the session's secret
    fields  TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (owner, case_id, what)
) STRICT;
CREATE INDEX drafts_by_case ON drafts (case_id);
