-- The registry: rows of the CSV files, each belonging to one snapshot and one line of its file.
-- Twin of migrations/postgres/0002_registry.sql. Days are ISO text; identifiers are kept as
-- published. The row tables have no foreign key to the snapshot: 2.5 million checks an import for
-- a number that the import itself has just written.

CREATE TABLE registry_snapshots (
    id         INTEGER PRIMARY KEY,
    state      TEXT    NOT NULL CHECK (state IN ('loading', 'current', 'previous', 'dropped')),
    loaded_at  INTEGER NOT NULL,
    origin     TEXT    NOT NULL,
    structures INTEGER NOT NULL DEFAULT 0,
    contracts  INTEGER NOT NULL DEFAULT 0,
    cards      INTEGER NOT NULL DEFAULT 0,
    mandates   INTEGER NOT NULL DEFAULT 0,
    bad_rows   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX registry_one_current ON registry_snapshots (state) WHERE state = 'current';

CREATE TABLE registry_structures (
    snapshot  INTEGER NOT NULL,
    line      INTEGER NOT NULL,
    finess    TEXT,
    level     TEXT,
    finess_ej TEXT,
    siret     TEXT,
    rpps_rang TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    class     TEXT,
    main_site TEXT,
    closed    INTEGER NOT NULL,
    flagged   INTEGER NOT NULL,
    PRIMARY KEY (snapshot, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_structures_by_finess ON registry_structures (snapshot, finess);
CREATE INDEX registry_structures_by_ej ON registry_structures (snapshot, finess_ej);
CREATE INDEX registry_structures_by_siret ON registry_structures (snapshot, siret);

-- The RPPS rang of a structure, one row each.
CREATE TABLE registry_rangs (
    snapshot  INTEGER NOT NULL,
    rpps_rang TEXT    NOT NULL,
    line      INTEGER NOT NULL,
    PRIMARY KEY (snapshot, rpps_rang, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_contracts (
    snapshot                  INTEGER NOT NULL,
    line                      INTEGER NOT NULL,
    number                    TEXT    NOT NULL,
    structure                 TEXT    NOT NULL,
    valid_from                TEXT,
    valid_until               TEXT,
    status                    TEXT    NOT NULL,
    representative_last_name  TEXT,
    representative_first_name TEXT,
    PRIMARY KEY (snapshot, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_contracts_by_structure ON registry_contracts (snapshot, structure);

CREATE TABLE registry_cards (
    snapshot    INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    number      TEXT    NOT NULL,
    kind        TEXT,
    last_name   TEXT    NOT NULL,
    first_name  TEXT    NOT NULL,
    holder_id   TEXT,
    structure   TEXT,
    valid_from  TEXT,
    valid_until TEXT,
    opposed_on  TEXT,
    PRIMARY KEY (snapshot, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_cards_by_number ON registry_cards (snapshot, number);

CREATE TABLE registry_mandates (
    snapshot    INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    structure   TEXT    NOT NULL,
    last_name   TEXT    NOT NULL,
    first_name  TEXT    NOT NULL,
    card        TEXT,
    valid_from  TEXT,
    valid_until TEXT,
    PRIMARY KEY (snapshot, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_mandates_by_structure ON registry_mandates (snapshot, structure);

-- Rows that could not be read, with the identifiers they held: a look-up of one of these has no
-- answer, instead of "not found".
CREATE TABLE registry_bad_rows (
    snapshot INTEGER NOT NULL,
    feed     TEXT    NOT NULL,
    line     INTEGER NOT NULL,
    because  TEXT    NOT NULL,
    PRIMARY KEY (snapshot, feed, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE registry_bad_keys (
    snapshot   INTEGER NOT NULL,
    feed       TEXT    NOT NULL,
    identifier TEXT    NOT NULL,
    line       INTEGER NOT NULL,
    PRIMARY KEY (snapshot, feed, identifier, line)
) STRICT, WITHOUT ROWID;
