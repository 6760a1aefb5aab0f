-- How many watched and chatted, every two minutes; rows older than two weeks are deleted.
-- Time in seconds of Unix time. No viewers at all (NULL) means that there was no stream.
CREATE TABLE viewer_samples (
    time INTEGER PRIMARY KEY NOT NULL,
    viewers INTEGER,
    chat_clients INTEGER NOT NULL DEFAULT 0
);
