-- A feed that was taken out of the registry: since when, and by whom. Nothing that hangs on its table is
-- answered until it is loaded again. Its twin is migrations/sqlite/0008_withdrawn_feeds.sql.

ALTER TABLE registry_feeds ADD COLUMN withdrawn_at BIGINT;
ALTER TABLE registry_feeds ADD COLUMN withdrawn_by TEXT;
