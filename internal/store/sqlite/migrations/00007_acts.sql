-- +goose Up
-- Entries whose content is kept from the citizen they are about, until a time.
CREATE TABLE log_withheld (
    seq   INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;
