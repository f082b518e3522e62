-- +goose Up
-- Staff who are signed in.
CREATE TABLE staff_sessions (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    sealed     bytea NOT NULL,
    seen_at    bigint NOT NULL,
    expires_at bigint NOT NULL
);
