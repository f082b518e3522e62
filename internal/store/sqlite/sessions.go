package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Sessions is the session.Store in this database.
type Sessions struct{ db *DB }

// Sessions returns the store of sessions.
func (db *DB) Sessions() Sessions { return Sessions{db} }

// AddSession implements session.Store. A citizen who was erased meanwhile gives
// citizen.ErrNoSubject and no entry.
func (s Sessions) AddSession(ctx context.Context, r session.Record, a audit.Entry) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error { return insertSession(ctx, t, r) }, a)
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	return nil
}

func insertSession(ctx context.Context, t *tx, r session.Record) error {
	err := t.exec(ctx, `INSERT INTO sessions (hash, citizen, sealed, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		r.Hash[:], string(r.Citizen), r.Sealed, r.CreatedAt.UnixNano(), r.SeenAt.UnixNano(), r.ExpiresAt.UnixNano())
	var e *driver.Error
	if errors.As(err, &e) && e.Code() == lib.SQLITE_CONSTRAINT_FOREIGNKEY {
		return citizen.ErrNoSubject
	}
	return err
}

// Session implements session.Store.
func (s Sessions) Session(ctx context.Context, hash [32]byte) (session.Record, error) {
	r := session.Record{Hash: hash}
	var created, seen, expires int64
	err := s.db.read.QueryRowContext(ctx,
		`SELECT citizen, sealed, created_at, seen_at, expires_at FROM sessions WHERE hash = ?`, hash[:]).
		Scan(&r.Citizen, &r.Sealed, &created, &seen, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return session.Record{}, session.ErrNone
	}
	if err != nil {
		return session.Record{}, fmt.Errorf("read session: %w", err)
	}
	r.CreatedAt, r.SeenAt, r.ExpiresAt = moment(created), moment(seen), moment(expires)
	return r, nil
}

// TouchSessions implements session.Store. A time earlier than the stored one changes nothing.
func (s Sessions) TouchSessions(ctx context.Context, seen map[[32]byte]time.Time) error {
	if len(seen) == 0 {
		return nil
	}
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		for hash, at := range seen {
			err := t.exec(ctx, `UPDATE sessions SET seen_at = max(seen_at, ?) WHERE hash = ?`, at.UnixNano(), hash[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("touch sessions: %w", err)
	}
	return nil
}

// RemoveSession implements session.Store.
func (s Sessions) RemoveSession(ctx context.Context, hash [32]byte, a audit.Entry) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error { return deleteSession(ctx, t, hash) }, a)
	if err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return nil
}

func deleteSession(ctx context.Context, t *tx, hash [32]byte) error {
	removed, err := t.execCount(ctx, `DELETE FROM sessions WHERE hash = ?`, hash[:])
	if err == nil && removed == 0 {
		err = session.ErrNone
	}
	return err
}

// ReplaceSession implements session.Store. A citizen who was erased meanwhile gives
// citizen.ErrNoSubject; then the old session stays.
func (s Sessions) ReplaceSession(ctx context.Context, old [32]byte, ended audit.Entry, r session.Record, started audit.Entry) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		if err := deleteSession(ctx, t, old); err != nil {
			return err
		}
		return insertSession(ctx, t, r)
	}, ended, started)
	if err != nil {
		return fmt.Errorf("replace session: %w", err)
	}
	return nil
}

// Times implements store.Sessions.
func (s Sessions) Times(ctx context.Context, ref citizen.Ref) ([]session.Record, error) {
	rows, err := s.db.read.QueryContext(ctx,
		`SELECT created_at, seen_at, expires_at FROM sessions WHERE citizen = ? ORDER BY created_at`, string(ref))
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []session.Record
	for rows.Next() {
		var created, seen, expires int64
		if err := rows.Scan(&created, &seen, &expires); err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		out = append(out, session.Record{CreatedAt: moment(created), SeenAt: moment(seen), ExpiresAt: moment(expires)})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return out, nil
}

// EndSessions implements store.Sessions.
func (s Sessions) EndSessions(ctx context.Context, ref citizen.Ref, a audit.Entry) (int, error) {
	var ended int64
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) (err error) {
		ended, err = t.execCount(ctx, `DELETE FROM sessions WHERE ?1 = '' OR citizen = ?1`, string(ref))
		return err
	}, a)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return int(ended), nil
}

// RemoveExpiredSessions implements session.Store.
func (s Sessions) RemoveExpiredSessions(ctx context.Context, before, idleBefore time.Time) (int, error) {
	var removed int64
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) (err error) {
		removed, err = t.execCount(ctx, `DELETE FROM sessions WHERE expires_at < ? OR seen_at < ?`,
			before.UnixNano(), idleBefore.UnixNano())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove expired sessions: %w", err)
	}
	return int(removed), nil
}
