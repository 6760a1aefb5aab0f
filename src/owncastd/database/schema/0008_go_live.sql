-- Telling the world that the stream is on.

-- Whose browser it is, the last occasion on which it was told, and how many messages in a row the
-- push service did not take.
ALTER TABLE push_subscriptions ADD COLUMN user_id TEXT REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE push_subscriptions ADD COLUMN told_of TEXT;
ALTER TABLE push_subscriptions ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;

CREATE INDEX push_subscriptions_user ON push_subscriptions (user_id, created_at);

-- The newest occasion to tell the world: a broadcast, with what follows it after the server was
-- killed. The channels are those that were told, or began to be.
CREATE TABLE go_live_occasion (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    broadcast_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    told_at TEXT,
    channels TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(channels))
);
