-- Two lanes of messages to decide: paper waits for a decider of its own. Its twin is
-- migrations/sqlite/0003_lanes.sql.

ALTER TABLE messages ADD COLUMN lane TEXT NOT NULL DEFAULT 'quick' CHECK (lane IN ('quick', 'paper'));
DROP INDEX messages_to_decide;
CREATE INDEX messages_to_decide ON messages (lane, received_at, id) WHERE state IN ('kept', 'claimed');
