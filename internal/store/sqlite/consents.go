package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

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
	rows, err := s.db.read.QueryContext(ctx, `SELECT seq, id, kind, client, scopes, asked, notice, notice_digest,
		language, channel, at, expires_at, idempotency_key FROM consent_events WHERE citizen = ? ORDER BY seq`, string(ref))
	if err != nil {
		return nil, fmt.Errorf("read consent events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var events []consent.Event
	for rows.Next() {
		e, err := scanConsentEvent(rows)
		if err != nil {
			return nil, err
		}
		e.Citizen = ref
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read consent events: %w", err)
	}
	return events, nil
}

func scanConsentEvent(rows *sql.Rows) (consent.Event, error) {
	var (
		e             consent.Event
		scopes, asked string
		at            int64
		expires       sql.NullInt64
		key           sql.NullString
	)
	err := rows.Scan(&e.Seq, &e.ID, &e.Kind, &e.Client, &scopes, &asked, &e.Notice, &e.NoticeDigest,
		&e.Language, &e.Channel, &at, &expires, &key)
	if err == nil {
		err = json.Unmarshal([]byte(scopes), &e.Scopes)
	}
	if err == nil {
		err = json.Unmarshal([]byte(asked), &e.Asked)
	}
	if err != nil {
		return consent.Event{}, fmt.Errorf("read consent event: %w", err)
	}
	e.At, e.IdempotencyKey = moment(at), key.String
	if expires.Valid {
		e.ExpiresAt = moment(expires.Int64)
	}
	return e, nil
}

// Record implements consent.Store.
func (s Consents) Record(ctx context.Context, expectedLast int64, e consent.Event, a audit.Entry) error {
	scopes, err := json.Marshal(e.Scopes)
	if err != nil {
		return fmt.Errorf("encode consent event: %w", err)
	}
	asked, err := json.Marshal(e.Asked)
	if err != nil {
		return fmt.Errorf("encode consent event: %w", err)
	}
	record, err := newAct(a)
	if err == nil {
		err = audit.Guard{}.Admits(a)
	}
	if err != nil {
		return fmt.Errorf("record consent event: %w", err)
	}
	record.do = func(ctx context.Context, t *tx) error {
		var last int64
		err := t.row(ctx, `SELECT coalesce(max(seq), 0) FROM consent_events WHERE citizen = ?`, string(e.Citizen)).Scan(&last)
		if err != nil {
			return err
		}
		if last != expectedLast || e.Seq != expectedLast+1 {
			return consent.ErrConflict
		}
		return t.exec(ctx, `INSERT INTO consent_events (citizen, seq, id, kind, client, scopes, asked, notice, notice_digest,
			language, channel, at, expires_at, idempotency_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			string(e.Citizen), e.Seq, e.ID, string(e.Kind), string(e.Client), string(scopes), string(asked), e.Notice, e.NoticeDigest,
			e.Language, e.Channel, e.At.UnixNano(), nullTime(e.ExpiresAt), nullText(e.IdempotencyKey))
	}
	record.then = func(ctx context.Context, t *tx, first int64) error {
		return t.exec(ctx, `UPDATE consent_events SET entry = ? WHERE citizen = ? AND seq = ?`, first, string(e.Citizen), e.Seq)
	}
	if _, err := s.db.writer.queue.Submit(ctx, record); err != nil {
		return fmt.Errorf("record consent event: %w", err)
	}
	return nil
}

func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()}
}

func nullText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// Citizens implements consent.Archive.
func (s Consents) Citizens(ctx context.Context, after citizen.Ref, limit int) ([]citizen.Ref, error) {
	rows, err := s.db.read.QueryContext(ctx,
		`SELECT DISTINCT citizen FROM consent_events WHERE citizen > ? ORDER BY citizen LIMIT ?`, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("read citizens with consents: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []citizen.Ref
	for rows.Next() {
		var ref citizen.Ref
		if err := rows.Scan(&ref); err != nil {
			return nil, fmt.Errorf("read citizens with consents: %w", err)
		}
		out = append(out, ref)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read citizens with consents: %w", err)
	}
	return out, nil
}
