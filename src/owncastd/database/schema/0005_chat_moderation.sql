-- What keeps the chat in order. Times are ISO 8601 in UTC, as text that sorts; objects are JSON.

-- Users who may not speak until some time.
CREATE TABLE chat_timeouts (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    until TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- Users of whom a message was let through. Of others the first one may be held for moderators.
CREATE TABLE chat_speakers (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    first_at TEXT NOT NULL
) WITHOUT ROWID;

INSERT INTO chat_speakers (user_id, first_at)
    SELECT user_id, min(sent_at) FROM messages
    WHERE user_id IS NOT NULL AND type = 'CHAT' AND hidden_at IS NULL GROUP BY user_id;

-- Every act of moderation: who, what, and whom or what it concerns. Names are those of that time.
CREATE TABLE moderation_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details))
);
