-- What comes in from the fediverse. Times are ISO 8601 in UTC, as text that sorts.

-- The activity that was accepted, so that it can be undone by name.
ALTER TABLE federation_activities ADD COLUMN activity_iri TEXT;
CREATE INDEX federation_activities_iri ON federation_activities (activity_iri)
    WHERE activity_iri IS NOT NULL;

-- Activities that were dealt with: each counts once, however often it is sent. Rows older than a
-- signature can be are deleted.
CREATE TABLE federation_received (
    activity_iri TEXT PRIMARY KEY NOT NULL,
    received_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX federation_received_at ON federation_received (received_at);

-- What people wrote below posts of ours. The content is HTML that is safe to show as it is.
CREATE TABLE federation_replies (
    iri TEXT PRIMARY KEY NOT NULL,
    post_iri TEXT NOT NULL,
    actor_iri TEXT NOT NULL,
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    image TEXT,
    link TEXT NOT NULL,
    content TEXT NOT NULL,
    received_at TEXT NOT NULL,
    hidden_at TEXT
);

CREATE INDEX federation_replies_received ON federation_replies (received_at);
CREATE INDEX federation_replies_post ON federation_replies (post_iri, received_at);
CREATE INDEX federation_replies_actor ON federation_replies (actor_iri);
