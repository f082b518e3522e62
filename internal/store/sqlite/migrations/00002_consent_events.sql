-- +goose Up
CREATE TABLE consent_events (
    citizen         TEXT NOT NULL,
    seq             INTEGER NOT NULL CHECK (seq >= 1),
    id              TEXT NOT NULL,
    kind            TEXT NOT NULL,
    client          TEXT NOT NULL,
    scopes          TEXT NOT NULL, -- JSON array
    asked           TEXT NOT NULL, -- JSON array
    notice          TEXT NOT NULL,
    notice_digest   TEXT NOT NULL,
    language        TEXT NOT NULL,
    channel         TEXT NOT NULL,
    at              INTEGER NOT NULL,
    expires_at      INTEGER,       -- NULL: the event grants nothing
    idempotency_key TEXT,          -- NULL: none was sent
    entry           INTEGER,       -- of the log, about it; NULL only within the transaction
    PRIMARY KEY (citizen, seq)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER consent_events_never_change
BEFORE UPDATE OF citizen, seq, id, kind, client, scopes, asked, notice, notice_digest, language, channel, at, expires_at, idempotency_key ON consent_events
BEGIN SELECT RAISE(ABORT, 'consent events are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_events_stay_with_their_entry BEFORE UPDATE OF entry ON consent_events
WHEN OLD.entry IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'consent events are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_events_go_by_retention_and_erasure BEFORE DELETE ON consent_events
WHEN OLD.at >= coalesce((SELECT before FROM log_retention WHERE what = 'consents'), 0)
    AND NOT EXISTS (SELECT 1 FROM log_erasures WHERE subject = OLD.citizen AND openings = 1)
BEGIN SELECT RAISE(ABORT, 'consent events are append-only'); END;
-- +goose StatementEnd
