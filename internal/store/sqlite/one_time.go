package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// OneTimeValues is the session.OneTimeStore in this database.
type OneTimeValues struct{ db *DB }

// OneTimeValues returns the store of values that can be taken once.
func (db *DB) OneTimeValues() OneTimeValues { return OneTimeValues{db} }

// Put implements session.OneTimeStore. A name that is in use already is refused:
// names are random, so it was not made properly.
func (s OneTimeValues) Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		if value == nil {
			value = []byte{} // NULL is not a value
		}
		return t.exec(ctx, `INSERT INTO one_time_values (kind, hash, value, expires_at) VALUES (?, ?, ?, ?)`,
			kind, hash[:], value, expiresAt.UnixNano())
	})
	if err != nil {
		return fmt.Errorf("put one-time value: %w", err)
	}
	return nil
}

// Take implements session.OneTimeStore. A value is valid until its expiry and
// not at it; an expired one goes too.
func (s OneTimeValues) Take(ctx context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error) {
	var (
		value   []byte
		expires int64
	)
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		return t.row(ctx, `DELETE FROM one_time_values WHERE kind = ? AND hash = ? RETURNING value, expires_at`, kind, hash[:]).
			Scan(&value, &expires)
	})
	if errors.Is(err, sql.ErrNoRows) || err == nil && !now.Before(moment(expires)) {
		return nil, session.ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("take one-time value: %w", err)
	}
	return value, nil
}

// RemoveExpired implements session.OneTimeStore.
func (s OneTimeValues) RemoveExpired(ctx context.Context, before time.Time) (int, error) {
	var removed int64
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) (err error) {
		removed, err = t.execCount(ctx, `DELETE FROM one_time_values WHERE expires_at < ?`, before.UnixNano())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove expired one-time values: %w", err)
	}
	return int(removed), nil
}
