package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// OneTimeValues is the session.OneTimeStore in this database. It writes beside the log: no
// guard is judged by a value.
type OneTimeValues struct{ db *DB }

// OneTimeValues returns the store of values that can be taken once.
func (db *DB) OneTimeValues() OneTimeValues { return OneTimeValues{db} }

// Put implements session.OneTimeStore. A name that is in use already is refused:
// names are random, so it was not made properly.
func (s OneTimeValues) Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error {
	_, err := s.db.read.Exec(ctx, `INSERT INTO one_time_values (kind, hash, value, expires_at) VALUES ($1, $2, $3, $4)`,
		kind, hash[:], bytesOf(value), expiresAt.UnixNano())
	if err != nil {
		return fmt.Errorf("put one-time value: %w", err)
	}
	return nil
}

// Take implements session.OneTimeStore. A value is valid until its expiry and
// not at it; an expired one goes too.
func (s OneTimeValues) Take(ctx context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error) {
	var value []byte
	var expires int64
	err := s.db.read.QueryRow(ctx, `DELETE FROM one_time_values WHERE kind = $1 AND hash = $2 RETURNING value, expires_at`, kind, hash[:]).
		Scan(&value, &expires)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !now.Before(moment(expires)) {
		return nil, session.ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("take one-time value: %w", err)
	}
	return value, nil
}

// RemoveExpired implements session.OneTimeStore.
func (s OneTimeValues) RemoveExpired(ctx context.Context, before time.Time) (int, error) {
	removed, err := s.db.read.Exec(ctx, `DELETE FROM one_time_values WHERE expires_at < $1`, before.UnixNano())
	if err != nil {
		return 0, fmt.Errorf("remove expired one-time values: %w", err)
	}
	return int(removed.RowsAffected()), nil
}
