-- +goose Up
CREATE TABLE log_entries (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 0),
    leaf    TEXT NOT NULL,
    -- Derived, so that a look-up can never disagree with what was hashed.
    at      TEXT GENERATED ALWAYS AS (leaf ->> '$.at') VIRTUAL,
    kind    TEXT GENERATED ALWAYS AS (leaf ->> '$.kind') VIRTUAL,
    citizen TEXT GENERATED ALWAYS AS (leaf ->> '$.citizen') VIRTUAL,
    client  TEXT GENERATED ALWAYS AS (leaf ->> '$.client') VIRTUAL
) STRICT;
CREATE INDEX log_entries_by_at ON log_entries (at);
CREATE INDEX log_entries_by_citizen ON log_entries (citizen, at) WHERE citizen IS NOT NULL;

-- The hashes that entry seq completed in the tree, leaf first, 32 bytes each.
CREATE TABLE log_hashes (
    seq    INTEGER PRIMARY KEY CHECK (seq >= 0),
    hashes BLOB NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0)
) STRICT;

CREATE TABLE log_correlations (
    seq  INTEGER PRIMARY KEY,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    id   TEXT NOT NULL
) STRICT;

-- The log tells that bodies below "before" may be deleted.
CREATE TABLE log_prunings (
    before INTEGER PRIMARY KEY CHECK (before > 0)
) STRICT;

-- citizen NULL: the whole log. lifted_at NULL: it stands.
CREATE TABLE log_holds (
    id        TEXT PRIMARY KEY,
    citizen   TEXT,
    reason    TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    lifted_at INTEGER
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER log_entries_never_change BEFORE UPDATE ON log_entries
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_entries_go_by_retention_alone BEFORE DELETE ON log_entries
WHEN OLD.seq >= (SELECT coalesce(max(before), 0) FROM log_prunings)
  OR EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND (citizen IS NULL OR citizen = OLD.citizen))
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
CREATE TRIGGER log_correlations_never_change BEFORE UPDATE ON log_correlations
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_correlations_held BEFORE DELETE ON log_correlations
WHEN EXISTS (SELECT 1 FROM log_holds WHERE lifted_at IS NULL AND (citizen IS NULL
  OR citizen = (SELECT citizen FROM log_entries WHERE seq = OLD.seq)))
BEGIN SELECT RAISE(ABORT, 'held'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_prunings_never_change BEFORE UPDATE ON log_prunings
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_prunings_never_go BEFORE DELETE ON log_prunings
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- +goose StatementEnd
