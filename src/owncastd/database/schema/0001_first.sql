-- One row per setting that was ever changed; what is missing has its default.
CREATE TABLE settings (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) WITHOUT ROWID;

-- The one administrator. Only an argon2 hash of the password is kept.
CREATE TABLE administrator (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    password_hash TEXT NOT NULL
);

-- Keys that may publish. They are shown to the administrator again, so they cannot be hashed.
CREATE TABLE stream_keys (
    position INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE CHECK (key <> ''),
    comment TEXT NOT NULL DEFAULT ''
);

-- What outlives a restart of what the stream was like. Times are ISO 8601 in UTC.
CREATE TABLE stream_history (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_connect_time TEXT,
    last_disconnect_time TEXT,
    session_peak_viewers INTEGER NOT NULL DEFAULT 0,
    overall_peak_viewers INTEGER NOT NULL DEFAULT 0,
    saved_at TEXT NOT NULL
);
