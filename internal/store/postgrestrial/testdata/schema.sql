-- The end of the log. Each transaction that writes to the log locks this row first. The edge are the
-- hashes of the largest whole subtrees, from the left: at most 63.
CREATE TABLE log_head (
    one    integer PRIMARY KEY CHECK (one = 1),
    size   bigint NOT NULL,
    latest bigint NOT NULL, -- nanoseconds since 1970
    edge   bytea NOT NULL
) WITH (fillfactor = 10);
ALTER TABLE log_head ALTER edge SET STORAGE PLAIN;
INSERT INTO log_head VALUES (1, 0, 0, '');

-- As in internal/store/sqlite/migrations/00001_log.sql.
CREATE TABLE log_leaves (
    first  bigint PRIMARY KEY CHECK (first >= 0),
    leaves bytea COMPRESSION lz4 NOT NULL,
    -- Of the first entry; times in this form sort as bytes. Stored, so that a search for a
    -- time unpacks no leaves.
    at     bytea NOT NULL GENERATED ALWAYS AS (substr(leaves, 14, 30)) STORED
);
CREATE TABLE log_hashes (
    first  bigint PRIMARY KEY CHECK (first >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0)
);
ALTER TABLE log_hashes ALTER hashes SET STORAGE EXTERNAL; -- they cannot be compressed, and one is cut out
CREATE TABLE log_openings (
    first    bigint PRIMARY KEY CHECK (first >= 0),
    openings bytea COMPRESSION lz4 NOT NULL
);
-- Pages are left room, so that an end is updated on its page and touches no index.
CREATE TABLE log_heads (
    list    bytea PRIMARY KEY,
    citizen text UNIQUE,
    number  bigint NOT NULL,
    last    bigint NOT NULL
) WITH (fillfactor = 70);

-- What guards are judged by.
CREATE TABLE consent_events (
    citizen text NOT NULL,
    seq     bigint NOT NULL,
    client  text NOT NULL,
    kind    text NOT NULL,
    PRIMARY KEY (citizen, seq)
);
CREATE TABLE sessions (hash bytea PRIMARY KEY, citizen text NOT NULL);
