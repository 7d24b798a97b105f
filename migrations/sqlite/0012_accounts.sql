-- Who may come in at the desk, and who is in. Its twin is migrations/postgres/0012_accounts.sql.

-- Staff with an account. A name stays with its person: rows are disabled, never deleted.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    shown         TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('reader', 'agent', 'supervisor', 'auditor')),
    -- argon2id, PHC string; NULL: this person comes in by OpenID Connect only
    password_hash TEXT,
    -- as whom the provider knows them, from their first sign-in by it on
    issuer        TEXT,
    subject       TEXT,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL))
) STRICT;

-- Who is signed in. The token itself is in the person's browser and nowhere else.
CREATE TABLE sessions (
    token_sha256 TEXT    NOT NULL PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    csrf         TEXT    NOT NULL,
    started_at   INTEGER NOT NULL,
    -- to the minute
    seen_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Sign-ins that were tried and did not succeed, noted before the password is compared. The name only
-- as SHA-256: people type passwords into the wrong box. NULL: no name, or it came in since.
CREATE TABLE sign_in_attempts (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    name_sha256 TEXT,
    address     TEXT    NOT NULL
) STRICT;
CREATE INDEX sign_in_attempts_by_name ON sign_in_attempts (name_sha256, at) WHERE name_sha256 IS NOT NULL;
CREATE INDEX sign_in_attempts_by_address ON sign_in_attempts (address, at);
