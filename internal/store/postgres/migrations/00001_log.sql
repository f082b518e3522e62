-- +goose Up
-- The end of the log. Each transaction that writes to the log, or changes what guards are
-- judged by, locks this row first. The edge are the hashes of the largest whole subtrees,
-- from the left: at most 63.
CREATE TABLE log_head (
    one     integer PRIMARY KEY CHECK (one = 1),
    size    bigint NOT NULL CHECK (size >= 0),
    latest  bigint NOT NULL, -- nanoseconds since 1970
    edge    bytea NOT NULL,
    changes bigint NOT NULL  -- the newest row of "changes"
) WITH (fillfactor = 10);
ALTER TABLE log_head ALTER edge SET STORAGE PLAIN;
INSERT INTO log_head VALUES (1, 0, 0, '', 0);

-- What a writer changed that others may have in memory. citizen NULL: anybody's. Old rows
-- go: who has missed one forgets everything.
CREATE TABLE changes (
    n       bigint PRIMARY KEY,
    writer  bytea NOT NULL,
    citizen text COLLATE "C"
);

-- Entries that were committed together, a line each: the leaves of the tree.
CREATE TABLE log_leaves (
    first  bigint PRIMARY KEY CHECK (first >= 0), -- sequence number of the first entry
    leaves bytea NOT NULL CHECK (length(leaves) > 0),
    -- Of the first entry. Derived, so that a look-up can never disagree with what was hashed;
    -- stored, so that a search by time unpacks no leaves.
    at     bytea NOT NULL GENERATED ALWAYS AS (substr(leaves, 14, 30)) STORED
);

-- The hashes that those entries completed in the tree, in turn, 32 bytes each.
CREATE TABLE log_hashes (
    first  bigint PRIMARY KEY CHECK (first >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0)
);
ALTER TABLE log_hashes ALTER hashes SET STORAGE EXTERNAL; -- they cannot be compressed, and one is cut out

-- What opens them: for each entry a length and so many bytes; 0: it was removed.
CREATE TABLE log_openings (
    first    bigint PRIMARY KEY CHECK (first >= 0),
    openings bytea NOT NULL
);

-- Where the list of each citizen ends. The row is the only thing that joins a list with a
-- pseudonym; it goes with the subject. citizen NULL: a list that is nobody's. Pages are left
-- room, so that an end is updated on its page and touches no index.
CREATE TABLE log_heads (
    list    bytea PRIMARY KEY CHECK (length(list) = 16),
    citizen text COLLATE "C" UNIQUE,
    number  bigint NOT NULL CHECK (number >= 0),
    last    bigint NOT NULL CHECK (last >= -1)
) WITH (fillfactor = 70);

-- Who was erased, by the pseudonym, which leads to nobody any more: checkpoints' sinks
-- are told, so that a database from a backup can erase again.
CREATE TABLE log_erasures (
    seq      bigint PRIMARY KEY,
    subject  text COLLATE "C" NOT NULL,
    at       bigint NOT NULL,
    openings boolean NOT NULL -- what opened the entries of their list went too
);

-- The log tells that openings below "before" may be removed.
CREATE TABLE log_prunings (
    before bigint PRIMARY KEY CHECK (before > 0)
);

-- How far retention has gone: below "before" nothing is left that may go. That is an
-- entry, and a time where it is about consents.
CREATE TABLE log_retention (
    what   text COLLATE "C" PRIMARY KEY,
    before bigint NOT NULL
);

-- citizen NULL: the whole log. lifted_at NULL: it stands. The reasons are for the
-- operators.
CREATE TABLE log_holds (
    id          text COLLATE "C" PRIMARY KEY,
    citizen     text COLLATE "C",
    reason      text NOT NULL,
    placed_at   bigint NOT NULL,
    lifted_at   bigint,
    lift_reason text
);

-- Entries whose content is kept from the citizen they are about, until a time.
CREATE TABLE log_withheld (
    seq   bigint PRIMARY KEY,
    about bigint NOT NULL, -- the entry itself, or the one that this one is about
    until bigint NOT NULL
);

-- +goose StatementBegin
DO $$ BEGIN -- not every server is built with lz4; rows written without it stay readable
    ALTER TABLE log_leaves ALTER leaves SET COMPRESSION lz4;
    ALTER TABLE log_openings ALTER openings SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
-- +goose StatementEnd
CREATE TRIGGER log_leaves_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_leaves
    EXECUTE FUNCTION refuse('the audit log is append-only');
CREATE TRIGGER log_hashes_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_hashes
    EXECUTE FUNCTION refuse('the audit log is append-only');
CREATE TRIGGER log_openings_only_shrink BEFORE UPDATE ON log_openings FOR EACH ROW
    WHEN (NEW.first <> OLD.first OR length(NEW.openings) >= length(OLD.openings))
    EXECUTE FUNCTION refuse('openings are removed and never changed');
CREATE TRIGGER log_openings_never_go BEFORE DELETE OR TRUNCATE ON log_openings
    EXECUTE FUNCTION refuse('openings are removed one by one');
CREATE TRIGGER log_prunings_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_prunings
    EXECUTE FUNCTION refuse('the audit log is append-only');
