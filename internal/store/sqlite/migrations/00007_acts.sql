-- +goose Up
-- Acts of staff that need a second person. The log has each step; the rows go after a time.
CREATE TABLE proposals (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    proposed    TEXT NOT NULL, -- JSON
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    state       TEXT NOT NULL,
    decided_by  TEXT NOT NULL, -- empty: nobody has decided
    decided_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proposals_by_time ON proposals (proposed_at);

-- Entries whose content is kept from the citizen they are about, until a time.
CREATE TABLE log_withheld (
    seq   INTEGER PRIMARY KEY,
    about INTEGER NOT NULL, -- the entry itself, or the one that this one is about
    until INTEGER NOT NULL
) STRICT;
