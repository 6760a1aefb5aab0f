-- Everybody with a name: people who chat (STANDARD), and programs that the administrator gave a
-- token (API). Times are ISO 8601 in UTC; lists are JSON.
CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    type TEXT NOT NULL DEFAULT 'STANDARD' CHECK (type IN ('STANDARD', 'API')),
    display_name TEXT NOT NULL,
    display_color INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    disabled_at TEXT,
    previous_names TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(previous_names)),
    name_changed_at TEXT,
    authenticated_at TEXT,
    scopes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(scopes)),
    last_used_at TEXT
) WITHOUT ROWID;

CREATE INDEX users_disabled ON users (disabled_at) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_programs ON users (created_at) WHERE type = 'API';

-- Of an access token only the SHA-256 digest is kept: 32 random bytes need no salt.
CREATE TABLE user_access_tokens (
    digest BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX user_access_tokens_user ON user_access_tokens (user_id);
