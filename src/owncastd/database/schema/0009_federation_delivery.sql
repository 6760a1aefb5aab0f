-- What the account in the fediverse sends.

-- Activities that are still to be brought to somebody.
CREATE TABLE federation_outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL CHECK (json_valid(body)),
    created_at TEXT NOT NULL
);

-- To whom. A row goes when its inbox has answered, or is given up; the activity goes with its last.
CREATE TABLE federation_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outgoing_id INTEGER NOT NULL REFERENCES federation_outgoing (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    inbox TEXT NOT NULL,
    UNIQUE (outgoing_id, inbox)
);

CREATE INDEX federation_deliveries_host ON federation_deliveries (host, id);

-- Servers that take nothing at the moment; the others are not here. One that failed for long is
-- parked: nothing waits for it, and retry_at is when it is tried next.
CREATE TABLE federation_hosts (
    host TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    failing_since TEXT NOT NULL,
    retry_at TEXT NOT NULL,
    parked_at TEXT,
    problem TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX federation_hosts_retry ON federation_hosts (retry_at);

-- Posts by their kind, the newest first.
CREATE INDEX federation_outbox_type ON federation_outbox (type, created_at);
