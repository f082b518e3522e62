-- +goose Up
-- Entries that were committed together, a line each: the leaves of the tree.
CREATE TABLE log_leaves (
    first  INTEGER PRIMARY KEY CHECK (first >= 0), -- sequence number of the first entry
    leaves TEXT NOT NULL CHECK (length(leaves) > 0),
    -- Of the first entry. Derived, so that a look-up can never disagree with what was hashed.
    at     TEXT GENERATED ALWAYS AS (substr(leaves, 14, 30)) VIRTUAL
) STRICT;

-- The hashes that those entries completed in the tree, in turn, 32 bytes each.
CREATE TABLE log_hashes (
    first  INTEGER PRIMARY KEY CHECK (first >= 0),
    hashes BLOB NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0)
) STRICT;

-- What opens them: for each entry a length and so many bytes; 0: it was removed.
CREATE TABLE log_openings (
    first    INTEGER PRIMARY KEY CHECK (first >= 0),
    openings BLOB NOT NULL
) STRICT;

-- Where the list of each citizen ended when the log had log_heads_at entries. The row
-- is the only thing that joins a list with a pseudonym; it goes with the subject.
-- citizen NULL: a list that is nobody's.
CREATE TABLE log_heads (
    list    BLOB PRIMARY KEY CHECK (length(list) = 16),
    citizen TEXT UNIQUE,
    number  INTEGER NOT NULL CHECK (number >= 0),
    last    INTEGER NOT NULL CHECK (last >= -1)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_heads_at (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
INSERT INTO log_heads_at VALUES (1, 0);

-- Who was erased, by the pseudonym, which leads to nobody any more: checkpoints' sinks
-- are told, so that a database from a backup can erase again.
CREATE TABLE log_erasures (
    seq     INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    at      INTEGER NOT NULL,
    -- 1: what opened the entries of their list went too.
    openings INTEGER NOT NULL CHECK (openings IN (0, 1))
) STRICT;

-- The log tells that openings below "before" may be removed.
CREATE TABLE log_prunings (
    before INTEGER PRIMARY KEY CHECK (before > 0)
) STRICT;

-- How far retention has gone: below "before" nothing is left that may go. That is an
-- entry, and a time where it is about consents.
CREATE TABLE log_retention (
    what   TEXT PRIMARY KEY,
    before INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- citizen NULL: the whole log. lifted_at NULL: it stands. The reasons are for the
-- operators.
CREATE TABLE log_holds (
    id          TEXT PRIMARY KEY,
    citizen     TEXT,
    reason      TEXT NOT NULL,
    placed_at   INTEGER NOT NULL,
    lifted_at   INTEGER,
    lift_reason TEXT
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER log_leaves_never_change BEFORE UPDATE ON log_leaves
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_leaves_never_go BEFORE DELETE ON log_leaves
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_hashes_never_change BEFORE UPDATE ON log_hashes
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_hashes_never_go BEFORE DELETE ON log_hashes
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_openings_only_shrink BEFORE UPDATE ON log_openings
WHEN NEW.first <> OLD.first OR length(NEW.openings) >= length(OLD.openings)
BEGIN SELECT RAISE(ABORT, 'openings are removed and never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_openings_never_go BEFORE DELETE ON log_openings
BEGIN SELECT RAISE(ABORT, 'openings are removed one by one'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_prunings_never_change BEFORE UPDATE ON log_prunings
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_prunings_never_go BEFORE DELETE ON log_prunings
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
