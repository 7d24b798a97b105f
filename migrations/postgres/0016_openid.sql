-- Signing in by OpenID Connect: twin of migrations/sqlite/0016_openid.sql, which explains it.

ALTER TABLE users ADD COLUMN known_as TEXT;
CREATE UNIQUE INDEX users_by_known_as ON users (known_as);

ALTER TABLE sessions ADD COLUMN came_by TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';

CREATE TABLE pending_sign_ins (
    state_sha256   TEXT   NOT NULL PRIMARY KEY,
    browser_sha256 TEXT   NOT NULL,
    nonce          TEXT   NOT NULL,
    verifier       TEXT   NOT NULL,
    next           TEXT   NOT NULL,
    address        TEXT   NOT NULL,
    at             BIGINT NOT NULL
);
CREATE INDEX pending_sign_ins_by_address ON pending_sign_ins (address, at);
CREATE INDEX pending_sign_ins_by_time ON pending_sign_ins (at);
