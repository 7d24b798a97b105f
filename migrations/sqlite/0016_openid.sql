-- Signing in by OpenID Connect. Its twin is migrations/postgres/0016_openid.sql.

-- As whom the provider names somebody until their first sign-in by it; NULL: by the account's name.
ALTER TABLE users ADD COLUMN known_as TEXT;
CREATE UNIQUE INDEX users_by_known_as ON users (known_as);

-- By what a session began, and from where.
ALTER TABLE sessions ADD COLUMN came_by TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- Sign-ins that a provider has not answered yet: what must come back, in the browser that went. Removed
-- when it comes back, and when it is too old to.
CREATE TABLE pending_sign_ins (
    state_sha256   TEXT    NOT NULL PRIMARY KEY,
    browser_sha256 TEXT    NOT NULL,
    nonce          TEXT    NOT NULL,
    -- RFC 7636, section 4.1
    verifier       TEXT    NOT NULL,
    -- where the person wanted to go
    next           TEXT    NOT NULL,
    address        TEXT    NOT NULL,
    at             INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_sign_ins_by_address ON pending_sign_ins (address, at);
CREATE INDEX pending_sign_ins_by_time ON pending_sign_ins (at);
