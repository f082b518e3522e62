-- +goose Up
-- Where everything went, from the entry that says so on. This database is not served again.
CREATE TABLE moved (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    target TEXT NOT NULL,
    entry  INTEGER NOT NULL
) STRICT;
-- +goose StatementBegin
CREATE TRIGGER moved_for_good BEFORE DELETE ON moved
BEGIN SELECT RAISE(ABORT, 'a database that was moved is not served again'); END;
-- +goose StatementEnd
