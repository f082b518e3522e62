-- +goose Up
-- What was observed of citizens' referrals. The revision outlives removal, so
-- that a step which began before cannot bring anything back.
CREATE TABLE histories (
    citizen  TEXT PRIMARY KEY REFERENCES subjects (ref) ON DELETE CASCADE,
    revision INTEGER NOT NULL CHECK (revision >= 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE history_rows (
    citizen  TEXT NOT NULL REFERENCES histories (citizen) ON DELETE CASCADE,
    referral TEXT NOT NULL, -- opaque id; empty: about the history as a whole
    key_id   TEXT NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (citizen, referral)
) STRICT, WITHOUT ROWID;
