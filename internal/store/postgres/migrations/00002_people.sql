-- +goose Up
CREATE TABLE consent_events (
    citizen         text COLLATE "C" NOT NULL,
    seq             bigint NOT NULL CHECK (seq >= 1),
    id              text COLLATE "C" NOT NULL,
    kind            text NOT NULL,
    client          text COLLATE "C" NOT NULL,
    scopes          text NOT NULL, -- JSON array
    asked           text NOT NULL, -- JSON array
    notice          text NOT NULL,
    notice_digest   text NOT NULL,
    language        text NOT NULL,
    channel         text NOT NULL,
    at              bigint NOT NULL,
    expires_at      bigint,        -- NULL: the event grants nothing
    idempotency_key text,          -- NULL: none was sent
    entry           bigint NOT NULL, -- of the log, about it
    PRIMARY KEY (citizen, seq)
);
CREATE TRIGGER consent_events_never_change BEFORE UPDATE OR TRUNCATE ON consent_events
    EXECUTE FUNCTION refuse('consent events are append-only');
-- +goose StatementBegin
CREATE FUNCTION consent_may_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.at >= coalesce((SELECT before FROM log_retention WHERE what = 'consents'), 0)
        AND NOT EXISTS (SELECT 1 FROM log_erasures WHERE subject = OLD.citizen AND openings) THEN
        RAISE EXCEPTION 'consent events are append-only';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER consent_events_go_by_retention_and_erasure BEFORE DELETE ON consent_events
    FOR EACH ROW EXECUTE FUNCTION consent_may_go();

CREATE TABLE subjects (
    ref           text COLLATE "C" PRIMARY KEY,
    lookup_key_id text COLLATE "C" NOT NULL,
    lookup_mac    bytea NOT NULL CHECK (length(lookup_mac) = 32),
    sealed        bytea NOT NULL,
    created_at    bigint NOT NULL,
    UNIQUE (lookup_mac, lookup_key_id)
);

CREATE TABLE sessions (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    citizen    text COLLATE "C" NOT NULL REFERENCES subjects (ref) ON DELETE CASCADE,
    sealed     bytea NOT NULL,
    created_at bigint NOT NULL,
    seen_at    bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_by_citizen ON sessions (citizen);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_seen ON sessions (seen_at);

CREATE TABLE one_time_values (
    kind       text COLLATE "C" NOT NULL,
    hash       bytea NOT NULL CHECK (length(hash) = 32),
    value      bytea NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (kind, hash)
);
CREATE INDEX one_time_values_by_expiry ON one_time_values (expires_at);

-- What was observed of citizens' referrals. The revision outlives removal, so
-- that a step which began before cannot bring anything back.
CREATE TABLE histories (
    citizen  text COLLATE "C" PRIMARY KEY REFERENCES subjects (ref) ON DELETE CASCADE,
    revision bigint NOT NULL CHECK (revision >= 1)
);

CREATE TABLE history_rows (
    citizen  text COLLATE "C" NOT NULL REFERENCES histories (citizen) ON DELETE CASCADE,
    referral text COLLATE "C" NOT NULL, -- opaque id; empty: about the history as a whole
    key_id   text COLLATE "C" NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (citizen, referral)
);

-- A check value of each key of the ring that was ever in use: it tells a wrong ring.
CREATE TABLE ring_keys (
    id          text COLLATE "C" PRIMARY KEY,
    check_value bytea NOT NULL CHECK (length(check_value) = 32)
);

-- Which account at the staff provider a pseudonym in the log stands for, sealed.
CREATE TABLE staff_accounts (
    pseudonym text COLLATE "C" PRIMARY KEY,
    key_id    text COLLATE "C" NOT NULL,
    sealed    bytea NOT NULL
);

-- Acts of staff that need a second person. The log has each step; the rows go after a time.
CREATE TABLE proposals (
    id          text COLLATE "C" PRIMARY KEY,
    kind        text NOT NULL,
    proposed    text NOT NULL, -- JSON
    proposed_by text NOT NULL,
    proposed_at bigint NOT NULL,
    state       text NOT NULL,
    decided_by  text NOT NULL, -- empty: nobody has decided
    decided_at  bigint NOT NULL
);
CREATE INDEX proposals_by_time ON proposals (proposed_at);
