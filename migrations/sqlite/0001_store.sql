-- The store: mail kept, cases, replies, events. Its twin is migrations/postgres/0001_store.sql:
-- same tables, same columns; INTEGER here is BIGINT there, BLOB here is BYTEA there.
-- Times are epoch milliseconds, days are ISO text, booleans are 0 or 1.

CREATE TABLE mailboxes (
    mailbox     TEXT    NOT NULL PRIMARY KEY,
    uidvalidity INTEGER NOT NULL,
    last_uid    INTEGER NOT NULL,
    moved_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
    id                   INTEGER PRIMARY KEY,
    sha256               TEXT    NOT NULL UNIQUE,
    size                 INTEGER NOT NULL,
    whole                INTEGER NOT NULL CHECK (whole IN (0, 1)),
    received_at          INTEGER NOT NULL,
    kept_at              INTEGER NOT NULL,
    state                TEXT    NOT NULL CHECK (state IN ('kept', 'claimed', 'done', 'parked')),
    due_at               INTEGER NOT NULL,
    worker               TEXT,
    attempts             INTEGER NOT NULL DEFAULT 0,
    trouble              TEXT,
    outcome              TEXT    CHECK (outcome IN ('handled', 'to_do', 'question', 'automatic')),
    ended_at             INTEGER,
    repeats_case         INTEGER REFERENCES cases (id),
    head                 TEXT,
    sender               TEXT,
    rfc_id               TEXT,
    not_answered_because TEXT,
    CHECK ((state IN ('done', 'parked')) = (outcome IS NOT NULL)),
    CHECK (state <> 'parked' OR outcome = 'to_do')
) STRICT;
CREATE INDEX messages_to_decide ON messages (received_at, id) WHERE state IN ('kept', 'claimed');
CREATE INDEX messages_by_rfc_id ON messages (rfc_id) WHERE rfc_id IS NOT NULL;
CREATE INDEX messages_by_state ON messages (state, outcome);

-- The mail as it came, by itself: rows above are rewritten at every step and counted by the thousand.
CREATE TABLE message_bytes (
    message_id INTEGER NOT NULL PRIMARY KEY REFERENCES messages (id),
    raw        BLOB NOT NULL
) STRICT;

-- Where a message was seen: the first row is where it was kept, the others are copies.
CREATE TABLE sightings (
    id              INTEGER PRIMARY KEY,
    message_id      INTEGER NOT NULL REFERENCES messages (id),
    mailbox         TEXT    NOT NULL,
    uidvalidity     INTEGER NOT NULL,
    uid             INTEGER NOT NULL,
    received_at     INTEGER NOT NULL,
    seen_at         INTEGER NOT NULL,
    filed_at        INTEGER,
    filed_as        TEXT,
    filing_attempts INTEGER NOT NULL DEFAULT 0,
    filing_due_at   INTEGER NOT NULL DEFAULT 0,
    filing_trouble  TEXT,
    UNIQUE (mailbox, uidvalidity, uid)
) STRICT;
CREATE INDEX sightings_to_file ON sightings (mailbox, uidvalidity, id) WHERE filed_at IS NULL;
CREATE INDEX sightings_by_message ON sightings (message_id);

CREATE TABLE documents (
    message_id INTEGER NOT NULL REFERENCES messages (id),
    position   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    sha256     TEXT    NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT;
CREATE INDEX documents_by_sha256 ON documents (sha256);

CREATE TABLE case_years (
    year INTEGER NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE cases (
    id                INTEGER PRIMARY KEY,
    number            TEXT    NOT NULL UNIQUE,
    message_id        INTEGER NOT NULL REFERENCES messages (id),
    position          INTEGER NOT NULL,
    received_at       INTEGER NOT NULL,
    day               TEXT    NOT NULL,
    decided_at        INTEGER NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN ('waiting', 'decided')),
    verdict           TEXT    NOT NULL CHECK (verdict IN ('accepted', 'review', 'rejected')),
    source            TEXT    NOT NULL,
    structure_name    TEXT,
    finess            TEXT,
    siret             TEXT,
    search            TEXT    NOT NULL,
    report            TEXT    NOT NULL,
    rules_version     TEXT    NOT NULL,
    reader_version    TEXT    NOT NULL,
    registry_snapshot INTEGER,
    linked_case       INTEGER REFERENCES cases (id),
    UNIQUE (message_id, position)
) STRICT;
CREATE INDEX cases_by_finess ON cases (finess) WHERE finess IS NOT NULL;
CREATE INDEX cases_by_siret ON cases (siret) WHERE siret IS NOT NULL;
CREATE INDEX cases_by_state ON cases (state, received_at);

CREATE TABLE case_rpps_rang (
    case_id   INTEGER NOT NULL REFERENCES cases (id),
    rpps_rang TEXT    NOT NULL,
    PRIMARY KEY (case_id, rpps_rang)
) STRICT;
CREATE INDEX case_rpps_rang_by_rang ON case_rpps_rang (rpps_rang);

CREATE TABLE case_cards (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    card    TEXT    NOT NULL,
    PRIMARY KEY (case_id, card)
) STRICT;
CREATE INDEX case_cards_by_card ON case_cards (card);

CREATE TABLE case_documents (
    case_id  INTEGER NOT NULL REFERENCES cases (id),
    position INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    PRIMARY KEY (case_id, position)
) STRICT;

CREATE TABLE findings (
    case_id  INTEGER NOT NULL REFERENCES cases (id),
    position INTEGER NOT NULL,
    code     TEXT    NOT NULL,
    field    TEXT    NOT NULL,
    severity TEXT    NOT NULL CHECK (severity IN ('note', 'review', 'reject')),
    message  TEXT    NOT NULL,
    PRIMARY KEY (case_id, position)
) STRICT;

CREATE TABLE replies (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL REFERENCES messages (id),
    position    INTEGER NOT NULL,
    template    TEXT    NOT NULL,
    recipient   TEXT    NOT NULL,
    address_key TEXT    NOT NULL,
    domain_key  TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    rfc_id      TEXT    NOT NULL UNIQUE,
    state       TEXT    NOT NULL CHECK (state IN ('held', 'due', 'sending', 'sent', 'refused', 'unknown')),
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    worker      TEXT,
    attempts    INTEGER NOT NULL DEFAULT 0,
    answer      TEXT,
    ended_at    INTEGER,
    UNIQUE (message_id, position)
) STRICT;
CREATE INDEX replies_due ON replies (due_at, id) WHERE state IN ('due', 'sending');
-- caps are counted before every letter: from the index alone
CREATE INDEX replies_by_address ON replies (address_key, created_at, state);
CREATE INDEX replies_by_domain ON replies (domain_key, created_at, state);
CREATE INDEX replies_by_time ON replies (created_at, state);
CREATE INDEX replies_by_state ON replies (state, id);

-- The mail as it leaves.
CREATE TABLE reply_mails (
    reply_id INTEGER NOT NULL PRIMARY KEY REFERENCES replies (id),
    mail     BLOB NOT NULL
) STRICT;

-- One row per attempt, written before the connection is opened. No end: nobody knows.
CREATE TABLE reply_attempts (
    reply_id   INTEGER NOT NULL REFERENCES replies (id),
    attempt    INTEGER NOT NULL,
    worker     TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    delivery   TEXT    CHECK (delivery IN ('sent', 'not_yet', 'refused', 'unknown')),
    answer     TEXT,
    PRIMARY KEY (reply_id, attempt)
) STRICT;

-- Caps that were reached: nothing leaves under them until a person resets them.
CREATE TABLE tripped_caps (
    cap        TEXT    NOT NULL PRIMARY KEY,
    tripped_at INTEGER NOT NULL,
    because    TEXT    NOT NULL
) STRICT;

-- What happened, only ever added. `hash` is SHA-256 over the hash before and this row's fields;
-- `event_head` holds the last one, so that a cut tail shows too. Ids point nowhere by constraint:
-- an event outlives what it tells of.
CREATE TABLE events (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    message_id INTEGER,
    case_id    INTEGER,
    reply_id   INTEGER,
    actor      TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    hash       TEXT    NOT NULL
) STRICT;
CREATE INDEX events_by_message ON events (message_id) WHERE message_id IS NOT NULL;
CREATE TABLE event_head (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    last_id INTEGER NOT NULL,
    hash    TEXT    NOT NULL
) STRICT;
INSERT INTO event_head (one, last_id, hash) VALUES (1, 0, '');

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are only ever added');
END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are only ever added');
END;
CREATE TRIGGER the_event_head_is_never_deleted BEFORE DELETE ON event_head
BEGIN
    SELECT RAISE(ABORT, 'events are only ever added');
END;
