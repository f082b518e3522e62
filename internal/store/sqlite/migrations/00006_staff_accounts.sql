-- +goose Up
-- Which account at the staff provider a pseudonym in the log stands for, sealed.
CREATE TABLE staff_accounts (
    pseudonym TEXT PRIMARY KEY,
    key_id    TEXT NOT NULL,
    sealed    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
