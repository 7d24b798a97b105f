-- Several programs and machines on one database. Its twin is migrations/postgres/0009_machines.sql.

-- Daemons that run, each until `until` unless it says again that it does.
CREATE TABLE daemons (
    name       TEXT    NOT NULL PRIMARY KEY,
    roles      TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    until      INTEGER NOT NULL
) STRICT;

-- Whether this database is the one in use: `arriving` while another is being moved here, `moved` when
-- this one was moved elsewhere.
CREATE TABLE store_state (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    state TEXT    NOT NULL CHECK (state IN ('in_use', 'arriving', 'moved')),
    since INTEGER NOT NULL
) STRICT;
INSERT INTO store_state (one, state, since) VALUES (1, 'in_use', 0);

-- Who files this mail on the server, until `filing_due_at`.
ALTER TABLE sightings ADD COLUMN filing_worker TEXT;

-- A receipt that had not left when its decision was taken: the decision's letter says it all.
ALTER TABLE replies ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0
    CHECK (withdrawn IN (0, 1) AND (withdrawn = 0 OR state = 'held'));
