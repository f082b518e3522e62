package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
)

// Consents is the consent.Store in this database.
type Consents struct{ db *DB }

// Consents returns the store of consent events.
func (db *DB) Consents() Consents { return Consents{db} }

// Events implements consent.Store.
func (s Consents) Events(ctx context.Context, ref citizen.Ref) ([]consent.Event, error) {
	events, err := collect(ctx, s.db.read, scanConsentEvent, `SELECT citizen, seq, id, kind, client, scopes, asked, notice, notice_digest,
		language, channel, at, expires_at, idempotency_key FROM consent_events WHERE citizen = $1 ORDER BY seq`, string(ref))
	if err != nil {
		return nil, fmt.Errorf("read consent events: %w", err)
	}
	return events, nil
}

func scanConsentEvent(row pgx.CollectableRow) (consent.Event, error) {
	var (
		e             consent.Event
		scopes, asked string
		at            int64
		expires       *int64
		key           *string
	)
	err := row.Scan(&e.Citizen, &e.Seq, &e.ID, &e.Kind, &e.Client, &scopes, &asked, &e.Notice, &e.NoticeDigest,
		&e.Language, &e.Channel, &at, &expires, &key)
	if err == nil {
		err = json.Unmarshal([]byte(scopes), &e.Scopes)
	}
	if err == nil {
		err = json.Unmarshal([]byte(asked), &e.Asked)
	}
	if err != nil {
		return consent.Event{}, err
	}
	e.At = moment(at)
	if key != nil {
		e.IdempotencyKey = *key
	}
	if expires != nil {
		e.ExpiresAt = moment(*expires)
	}
	return e, nil
}

// Record implements consent.Store.
func (s Consents) Record(ctx context.Context, expectedLast int64, e consent.Event, a audit.Entry) error {
	if err := s.record(ctx, expectedLast, e, a); err != nil {
		return fmt.Errorf("record consent event: %w", err)
	}
	return nil
}

func (s Consents) record(ctx context.Context, expectedLast int64, e consent.Event, a audit.Entry) error {
	scopes, err := json.Marshal(e.Scopes)
	if err != nil {
		return err
	}
	asked, err := json.Marshal(e.Asked)
	if err != nil {
		return err
	}
	if err := (audit.Guard{}).Admits(a); err != nil {
		return err
	}
	record, err := newAct(a)
	if err != nil {
		return err
	}
	record.changes.citizens = []citizen.Ref{e.Citizen}
	record.do = func(ctx context.Context, t *tx, first int64) error {
		var last int64
		err := t.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM consent_events WHERE citizen = $1`, string(e.Citizen)).Scan(&last)
		if err != nil {
			return err
		}
		if last != expectedLast || e.Seq != expectedLast+1 {
			return consent.ErrConflict
		}
		return t.exec(ctx, `INSERT INTO consent_events (citizen, seq, id, kind, client, scopes, asked, notice, notice_digest,
			language, channel, at, expires_at, idempotency_key, entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			string(e.Citizen), e.Seq, e.ID, string(e.Kind), string(e.Client), string(scopes), string(asked), e.Notice, e.NoticeDigest,
			e.Language, e.Channel, e.At.UnixNano(), nullTime(e.ExpiresAt), nullText(e.IdempotencyKey), first)
	}
	_, err = s.db.submit(ctx, record)
	return err
}

func nullTime(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	at := t.UnixNano()
	return &at
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Citizens implements consent.Archive.
func (s Consents) Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error) {
	refs, err := collect(ctx, s.db.read, pgx.RowTo[citizen.Ref],
		`SELECT DISTINCT citizen FROM consent_events WHERE citizen > $1 ORDER BY citizen LIMIT $2`, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("read citizens with consents: %w", err)
	}
	return refs, nil
}
