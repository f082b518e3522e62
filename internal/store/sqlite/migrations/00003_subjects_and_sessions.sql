-- +goose Up
CREATE TABLE subjects (
    ref           TEXT PRIMARY KEY,
    lookup_key_id TEXT NOT NULL,
    lookup_mac    BLOB NOT NULL CHECK (length(lookup_mac) = 32),
    sealed        BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    UNIQUE (lookup_mac, lookup_key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    citizen    TEXT NOT NULL REFERENCES subjects (ref) ON DELETE CASCADE,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_citizen ON sessions (citizen);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_seen ON sessions (seen_at);

CREATE TABLE one_time_values (
    kind       TEXT NOT NULL,
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    value      BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_values_by_expiry ON one_time_values (expires_at);
