-- Chat, federation, webhooks and push notifications. Times are ISO 8601 in UTC, as text that sorts;
-- lists and objects are JSON; what is switched on or off is 1 or 0.

-- What was said in the chat. The type is the API's: CHAT, SYSTEM, CHAT_ACTION and those that begin
-- with FEDIVERSE_ENGAGEMENT_. The body is HTML that is safe to show as it is. Only engagements have
-- title, image and link; what no user said, such as a notice of the server, has no user.
CREATE TABLE messages (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    title TEXT,
    image TEXT,
    link TEXT,
    sent_at TEXT NOT NULL,
    hidden_at TEXT
);

-- The newest first for everybody, of one user for moderators; the oldest first for pruning.
CREATE INDEX messages_sent ON messages (sent_at);
CREATE INDEX messages_user ON messages (user_id, sent_at);

-- Addresses that may not chat, in canonical form.
CREATE TABLE ip_bans (
    address TEXT PRIMARY KEY NOT NULL,
    notes TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
) WITHOUT ROWID;

-- Who a user has proved to be elsewhere: a URL for indieauth, name@host for fediverse. An identity
-- belongs to one user; a user may have several.
CREATE TABLE user_identities (
    provider TEXT NOT NULL CHECK (provider IN ('indieauth', 'fediverse')),
    identity TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    PRIMARY KEY (provider, identity)
) WITHOUT ROWID;

CREATE INDEX user_identities_user ON user_identities (user_id);

-- Who is told of events by POST. An id is never given twice: clients delete by it. With a secret the
-- requests are signed, so it must be kept as it is.
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    events TEXT NOT NULL CHECK (json_valid(events)),
    secret TEXT,
    created_at TEXT NOT NULL,
    last_used_at TEXT
);

-- Browsers that asked to be told when the stream is on: what RFC 8030 and RFC 8291 need of each.
CREATE TABLE push_subscriptions (
    endpoint TEXT PRIMARY KEY NOT NULL,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    created_at TEXT NOT NULL
) WITHOUT ROWID;

-- Actors of the fediverse that follow, asked to (neither time is set) or were turned away. The
-- request is their Follow activity, whose id the answer needs; the username is name@host.
CREATE TABLE federation_followers (
    iri TEXT PRIMARY KEY NOT NULL,
    inbox TEXT NOT NULL,
    shared_inbox TEXT,
    name TEXT NOT NULL DEFAULT '',
    username TEXT NOT NULL,
    image TEXT,
    request_iri TEXT NOT NULL,
    request TEXT CHECK (request IS NULL OR json_valid(request)),
    created_at TEXT NOT NULL,
    approved_at TEXT,
    disabled_at TEXT,
    CHECK (approved_at IS NULL OR disabled_at IS NULL)
);

CREATE INDEX federation_followers_approved ON federation_followers (approved_at)
    WHERE approved_at IS NOT NULL;

-- What was published: objects by their IRI, which others may ask for for ever.
CREATE TABLE federation_outbox (
    iri TEXT PRIMARY KEY NOT NULL,
    type TEXT NOT NULL,
    object TEXT NOT NULL CHECK (json_valid(object)),
    live_notification INTEGER NOT NULL DEFAULT 0 CHECK (live_notification IN (0, 1)),
    created_at TEXT NOT NULL
);

CREATE INDEX federation_outbox_created ON federation_outbox (created_at);

-- Follows, likes and reposts that were accepted. The type is that of the chat's message; the object
-- is what was followed, liked or reposted.
CREATE TABLE federation_activities (
    id INTEGER PRIMARY KEY,
    object_iri TEXT NOT NULL,
    actor_iri TEXT NOT NULL,
    type TEXT NOT NULL,
    received_at TEXT NOT NULL
);

CREATE INDEX federation_activities_seen ON federation_activities (object_iri, actor_iri, type);
CREATE INDEX federation_activities_received ON federation_activities (received_at);
