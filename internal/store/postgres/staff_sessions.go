package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// Sessions of staff are written beside the log: no guard is judged by one.

const insertStaffSession = `INSERT INTO staff_sessions (hash, sealed, seen_at, expires_at) VALUES ($1, $2, $3, $4)`

// AddStaffSession implements account.SessionStore.
func (s StaffAccounts) AddStaffSession(ctx context.Context, r account.Session, most int) error {
	var trip pgx.Batch // one transaction
	trip.Queue(insertStaffSession, r.Hash[:], bytesOf(r.Sealed), r.SeenAt.UnixNano(), r.ExpiresAt.UnixNano())
	trip.Queue(`DELETE FROM staff_sessions WHERE hash IN (SELECT hash FROM staff_sessions ORDER BY seen_at DESC, hash = $1 DESC OFFSET $2)`, r.Hash[:], most)
	if err := s.db.read.SendBatch(ctx, &trip).Close(); err != nil {
		return fmt.Errorf("add staff session: %w", err)
	}
	return nil
}

// StaffSession implements account.SessionStore.
func (s StaffAccounts) StaffSession(ctx context.Context, hash [32]byte) (account.Session, error) {
	r := account.Session{Hash: hash}
	var seen, expires int64
	err := s.db.read.QueryRow(ctx, `SELECT sealed, seen_at, expires_at FROM staff_sessions WHERE hash = $1`, hash[:]).Scan(&r.Sealed, &seen, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Session{}, account.ErrNoSession
	}
	if err != nil {
		return account.Session{}, fmt.Errorf("read staff session: %w", err)
	}
	r.SeenAt, r.ExpiresAt = moment(seen), moment(expires)
	return r, nil
}

// TouchStaffSession implements account.SessionStore.
func (s StaffAccounts) TouchStaffSession(ctx context.Context, hash [32]byte, at time.Time) error {
	return s.change(ctx, `UPDATE staff_sessions SET seen_at = greatest(seen_at, $1) WHERE hash = $2`, at.UnixNano(), hash[:])
}

// ReplaceStaffSession implements account.SessionStore.
func (s StaffAccounts) ReplaceStaffSession(ctx context.Context, old [32]byte, r account.Session) error {
	// One statement: nothing is inserted where nothing was deleted.
	kept, err := s.db.read.Exec(ctx, `WITH ended AS (DELETE FROM staff_sessions WHERE hash = $1 RETURNING 1)
		INSERT INTO staff_sessions (hash, sealed, seen_at, expires_at) SELECT $2, $3, $4, $5 FROM ended`,
		old[:], r.Hash[:], bytesOf(r.Sealed), r.SeenAt.UnixNano(), r.ExpiresAt.UnixNano())
	if err == nil && kept.RowsAffected() == 0 {
		err = account.ErrNoSession
	}
	if err != nil {
		return fmt.Errorf("replace staff session: %w", err)
	}
	return nil
}

// RemoveStaffSession implements account.SessionStore.
func (s StaffAccounts) RemoveStaffSession(ctx context.Context, hash [32]byte) error {
	return s.change(ctx, `DELETE FROM staff_sessions WHERE hash = $1`, hash[:])
}

// RemoveStaffSessions implements account.SessionStore.
func (s StaffAccounts) RemoveStaffSessions(ctx context.Context, before, idleBefore time.Time) error {
	return s.change(ctx, `DELETE FROM staff_sessions WHERE expires_at < $1 OR seen_at < $2`, before.UnixNano(), idleBefore.UnixNano())
}

func (s StaffAccounts) change(ctx context.Context, query string, args ...any) error {
	if _, err := s.db.read.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("change staff sessions: %w", err)
	}
	return nil
}
