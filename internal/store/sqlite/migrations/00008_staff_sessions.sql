-- +goose Up
-- Staff who are signed in.
CREATE TABLE staff_sessions (
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    sealed     BLOB NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
