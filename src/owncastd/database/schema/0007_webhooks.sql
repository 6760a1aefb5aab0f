-- How it goes with each webhook, and what waits to be delivered.

-- What a webhook's receiver answered last, for people; since when it has taken nothing; since when it
-- is left alone; how many events it was never given.
ALTER TABLE webhooks ADD COLUMN last_tried_at TEXT;
ALTER TABLE webhooks ADD COLUMN last_result TEXT;
ALTER TABLE webhooks ADD COLUMN failing_since TEXT;
ALTER TABLE webhooks ADD COLUMN disabled_at TEXT;
ALTER TABLE webhooks ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;

-- Events on their way, which are delivered in the order of their ids. An id is never given twice:
-- receivers tell by it what they have had already. The body is what is sent, as it was signed or will be.
CREATE TABLE webhook_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    body BLOB NOT NULL,
    created_at TEXT NOT NULL
);

CREATE INDEX webhook_deliveries_next ON webhook_deliveries (webhook_id, id);
