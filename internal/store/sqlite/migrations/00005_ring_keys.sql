-- +goose Up
-- A check value of each key of the ring that was ever in use: it tells a wrong ring.
CREATE TABLE ring_keys (
    id          TEXT PRIMARY KEY,
    check_value BLOB NOT NULL CHECK (length(check_value) = 32)
) STRICT, WITHOUT ROWID;
