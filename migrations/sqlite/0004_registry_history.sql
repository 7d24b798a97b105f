-- The registry keeps each row once, from the snapshot that brought it (`came`) to the one that no
-- longer had it (`gone`), so that an import writes only what changed and every row says since when
-- it is known. Each row belongs to a feed; one feed can be loaded without the others. Beside it: what
-- waits for the registry, and what later imports say against accepted cases.
-- Its twin is migrations/postgres/0004_registry_history.sql.

ALTER TABLE registry_structures RENAME TO old_structures;
ALTER TABLE registry_rangs RENAME TO old_rangs;
ALTER TABLE registry_contracts RENAME TO old_contracts;
ALTER TABLE registry_cards RENAME TO old_cards;
ALTER TABLE registry_mandates RENAME TO old_mandates;
ALTER TABLE registry_bad_rows RENAME TO old_bad_rows;
ALTER TABLE registry_bad_keys RENAME TO old_bad_keys;
DROP INDEX registry_structures_by_finess;
DROP INDEX registry_structures_by_ej;
DROP INDEX registry_structures_by_siret;
DROP INDEX registry_contracts_by_structure;
DROP INDEX registry_cards_by_number;
DROP INDEX registry_mandates_by_structure;

-- Who may write rows: the import begun last.
CREATE TABLE registry_importer (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    snapshot INTEGER NOT NULL
) STRICT;
INSERT INTO registry_importer (one, snapshot) VALUES (1, 0);

-- What each snapshot holds of each feed; a feed that was not loaded again is carried over with the
-- time it was loaded.
CREATE TABLE registry_feeds (
    snapshot  INTEGER NOT NULL,
    feed      TEXT    NOT NULL,
    loaded_at INTEGER NOT NULL,
    origin    TEXT    NOT NULL,
    rows      INTEGER NOT NULL,
    flagged   INTEGER NOT NULL,
    bad_rows  INTEGER NOT NULL,
    PRIMARY KEY (snapshot, feed)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_structures (
    id           INTEGER PRIMARY KEY,
    feed         TEXT    NOT NULL,
    line         INTEGER NOT NULL,
    hash         INTEGER NOT NULL,
    came         INTEGER NOT NULL,
    gone         INTEGER,
    finess       TEXT,
    level        TEXT,
    finess_ej    TEXT,
    siret        TEXT,
    rpps_rang    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    class        TEXT,
    category     TEXT,
    legal_status TEXT,
    main_site    TEXT,
    closed       INTEGER NOT NULL,
    closed_on    TEXT,
    flagged      INTEGER NOT NULL
) STRICT;
CREATE INDEX registry_structures_by_finess ON registry_structures (finess) WHERE finess IS NOT NULL;
CREATE INDEX registry_structures_by_ej ON registry_structures (finess_ej) WHERE finess_ej IS NOT NULL;
CREATE INDEX registry_structures_by_siret ON registry_structures (siret) WHERE siret IS NOT NULL;
CREATE INDEX registry_structures_gone ON registry_structures (gone) WHERE gone IS NOT NULL;

-- The RPPS rang of a structure, one row each.
CREATE TABLE registry_rangs (
    rpps_rang TEXT    NOT NULL,
    structure INTEGER NOT NULL,
    PRIMARY KEY (rpps_rang, structure)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_rangs_by_structure ON registry_rangs (structure);

CREATE TABLE registry_contracts (
    id                        INTEGER PRIMARY KEY,
    feed                      TEXT    NOT NULL,
    line                      INTEGER NOT NULL,
    hash                      INTEGER NOT NULL,
    came                      INTEGER NOT NULL,
    gone                      INTEGER,
    structure                 TEXT    NOT NULL,
    number                    TEXT    NOT NULL,
    signed_on                 TEXT,
    valid_from                TEXT,
    valid_until               TEXT,
    status                    TEXT    NOT NULL,
    representative_last_name  TEXT,
    representative_first_name TEXT
) STRICT;
CREATE INDEX registry_contracts_by_structure ON registry_contracts (structure);
CREATE INDEX registry_contracts_gone ON registry_contracts (gone) WHERE gone IS NOT NULL;

CREATE TABLE registry_cards (
    id          INTEGER PRIMARY KEY,
    feed        TEXT    NOT NULL,
    line        INTEGER NOT NULL,
    hash        INTEGER NOT NULL,
    came        INTEGER NOT NULL,
    gone        INTEGER,
    number      TEXT    NOT NULL,
    kind        TEXT,
    last_name   TEXT    NOT NULL,
    first_name  TEXT    NOT NULL,
    holder_id   TEXT,
    structure   TEXT,
    valid_from  TEXT,
    valid_until TEXT,
    opposed_on  TEXT,
    flagged     INTEGER NOT NULL
) STRICT;
CREATE INDEX registry_cards_by_number ON registry_cards (number);
CREATE INDEX registry_cards_gone ON registry_cards (gone) WHERE gone IS NOT NULL;

CREATE TABLE registry_mandates (
    id          INTEGER PRIMARY KEY,
    feed        TEXT    NOT NULL,
    line        INTEGER NOT NULL,
    hash        INTEGER NOT NULL,
    came        INTEGER NOT NULL,
    gone        INTEGER,
    structure   TEXT    NOT NULL,
    last_name   TEXT    NOT NULL,
    first_name  TEXT    NOT NULL,
    card        TEXT,
    valid_from  TEXT,
    valid_until TEXT
) STRICT;
CREATE INDEX registry_mandates_by_structure ON registry_mandates (structure);
CREATE INDEX registry_mandates_gone ON registry_mandates (gone) WHERE gone IS NOT NULL;

-- Rows that could not be read, with the identifiers they held: a look-up of one of these has no
-- answer, instead of "not found".
CREATE TABLE registry_bad_rows (
    id      INTEGER PRIMARY KEY,
    feed    TEXT    NOT NULL,
    line    INTEGER NOT NULL,
    came    INTEGER NOT NULL,
    gone    INTEGER,
    because TEXT    NOT NULL
) STRICT;
CREATE TABLE registry_bad_keys (
    identifier TEXT    NOT NULL,
    bad_row    INTEGER NOT NULL,
    PRIMARY KEY (identifier, bad_row)
) STRICT, WITHOUT ROWID;

-- What is current stays. Its hashes are not known: the next import writes each row anew.
INSERT INTO registry_feeds (snapshot, feed, loaded_at, origin, rows, flagged, bad_rows)
    SELECT s.id, f.feed, s.loaded_at, s.origin,
        CASE f.feed WHEN 'structures' THEN s.structures WHEN 'contracts' THEN s.contracts
                    WHEN 'cards' THEN s.cards ELSE s.mandates END,
        0, (SELECT COUNT(*) FROM old_bad_rows AS b WHERE b.snapshot = s.id AND b.feed = f.feed)
    FROM registry_snapshots AS s
    CROSS JOIN (SELECT 'structures' AS feed UNION ALL SELECT 'contracts' UNION ALL SELECT 'cards'
                UNION ALL SELECT 'mandates') AS f
    WHERE s.state = 'current';
INSERT INTO registry_structures (id, feed, line, hash, came, finess, level, finess_ej, siret, rpps_rang, name, class,
    main_site, closed, flagged)
    SELECT line, 'structures', line, 0, snapshot, finess, level, finess_ej, siret, rpps_rang, name, class, main_site,
        closed, flagged
    FROM old_structures WHERE snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
INSERT INTO registry_rangs (rpps_rang, structure)
    SELECT rpps_rang, line FROM old_rangs WHERE snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
INSERT INTO registry_contracts (id, feed, line, hash, came, structure, number, valid_from, valid_until, status,
    representative_last_name, representative_first_name)
    SELECT line, 'contracts', line, 0, snapshot, structure, number, valid_from, valid_until, status,
        representative_last_name, representative_first_name
    FROM old_contracts WHERE snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
INSERT INTO registry_cards (id, feed, line, hash, came, number, kind, last_name, first_name, holder_id, structure,
    valid_from, valid_until, opposed_on, flagged)
    SELECT line, 'cards', line, 0, snapshot, number, kind, last_name, first_name, holder_id, structure, valid_from,
        valid_until, opposed_on, 0
    FROM old_cards WHERE snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
INSERT INTO registry_mandates (id, feed, line, hash, came, structure, last_name, first_name, card, valid_from,
    valid_until)
    SELECT line, 'mandates', line, 0, snapshot, structure, last_name, first_name, card, valid_from, valid_until
    FROM old_mandates WHERE snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
-- one number for rows of all feeds
INSERT INTO registry_bad_rows (id, feed, line, came, because)
    SELECT b.line * 4 + CASE b.feed WHEN 'structures' THEN 0 WHEN 'contracts' THEN 1 WHEN 'cards' THEN 2 ELSE 3 END,
        b.feed, b.line, b.snapshot, b.because
    FROM old_bad_rows AS b WHERE b.snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
INSERT INTO registry_bad_keys (identifier, bad_row)
    SELECT k.identifier,
        k.line * 4 + CASE k.feed WHEN 'structures' THEN 0 WHEN 'contracts' THEN 1 WHEN 'cards' THEN 2 ELSE 3 END
    FROM old_bad_keys AS k WHERE k.snapshot = (SELECT id FROM registry_snapshots WHERE state = 'current');
DROP TABLE old_structures;
DROP TABLE old_rangs;
DROP TABLE old_contracts;
DROP TABLE old_cards;
DROP TABLE old_mandates;
DROP TABLE old_bad_rows;
DROP TABLE old_bad_keys;
UPDATE registry_snapshots SET state = 'dropped' WHERE state <> 'current';
ALTER TABLE registry_snapshots DROP COLUMN structures;
ALTER TABLE registry_snapshots DROP COLUMN contracts;
ALTER TABLE registry_snapshots DROP COLUMN cards;
ALTER TABLE registry_snapshots DROP COLUMN mandates;
ALTER TABLE registry_snapshots DROP COLUMN bad_rows;

-- Cases that wait for the registry: what is needed to judge them again without reading them again.
-- `asked` is the snapshot that could not answer; `wake_on` the day from which the answer can be
-- another; from `deadline` on, staff see the case.
CREATE TABLE case_waits (
    case_id  INTEGER NOT NULL PRIMARY KEY REFERENCES cases (id),
    because  TEXT    NOT NULL CHECK (because IN ('registry_unavailable', 'not_yet_valid')),
    ground   TEXT    NOT NULL,
    asked    INTEGER,
    wake_on  TEXT,
    deadline INTEGER NOT NULL,
    shown    INTEGER NOT NULL DEFAULT 0 CHECK (shown IN (0, 1))
) STRICT;
CREATE INDEX case_waits_by_deadline ON case_waits (deadline);

-- What an import says against an accepted case. `about` is an identifier, `since` a day where the
-- registry gives one.
CREATE TABLE registry_alerts (
    id              INTEGER PRIMARY KEY,
    case_id         INTEGER NOT NULL REFERENCES cases (id),
    kind            TEXT    NOT NULL CHECK (kind IN ('card_opposed', 'contract_ended', 'structure_closed')),
    about           TEXT    NOT NULL,
    since           TEXT    NOT NULL DEFAULT '',
    snapshot        INTEGER NOT NULL,
    raised_at       INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    UNIQUE (case_id, kind, about, since)
) STRICT;
