package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// AddStaffSession implements account.SessionStore.
func (s StaffAccounts) AddStaffSession(ctx context.Context, r account.Session, most int) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		if err := insertStaffSession(ctx, t, r); err != nil {
			return err
		}
		return t.exec(ctx, `DELETE FROM staff_sessions WHERE hash IN (SELECT hash FROM staff_sessions ORDER BY seen_at DESC, hash = ? DESC LIMIT -1 OFFSET ?)`, r.Hash[:], most)
	})
	if err != nil {
		return fmt.Errorf("add staff session: %w", err)
	}
	return nil
}

func insertStaffSession(ctx context.Context, t *tx, r account.Session) error {
	return t.exec(ctx, `INSERT INTO staff_sessions (hash, sealed, seen_at, expires_at) VALUES (?, ?, ?, ?)`,
		r.Hash[:], r.Sealed, r.SeenAt.UnixNano(), r.ExpiresAt.UnixNano())
}

// StaffSession implements account.SessionStore.
func (s StaffAccounts) StaffSession(ctx context.Context, hash [32]byte) (account.Session, error) {
	r := account.Session{Hash: hash}
	var seen, expires int64
	err := s.db.read.QueryRowContext(ctx, `SELECT sealed, seen_at, expires_at FROM staff_sessions WHERE hash = ?`, hash[:]).Scan(&r.Sealed, &seen, &expires)
	if errors.Is(err, sql.ErrNoRows) {
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
	return s.change(ctx, `UPDATE staff_sessions SET seen_at = max(seen_at, ?) WHERE hash = ?`, at.UnixNano(), hash[:])
}

// ReplaceStaffSession implements account.SessionStore.
func (s StaffAccounts) ReplaceStaffSession(ctx context.Context, old [32]byte, r account.Session) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error {
		ended, err := t.execCount(ctx, `DELETE FROM staff_sessions WHERE hash = ?`, old[:])
		if err == nil && ended == 0 {
			err = account.ErrNoSession
		}
		if err != nil {
			return err
		}
		return insertStaffSession(ctx, t, r)
	})
	if err != nil {
		return fmt.Errorf("replace staff session: %w", err)
	}
	return nil
}

// RemoveStaffSession implements account.SessionStore.
func (s StaffAccounts) RemoveStaffSession(ctx context.Context, hash [32]byte) error {
	return s.change(ctx, `DELETE FROM staff_sessions WHERE hash = ?`, hash[:])
}

// RemoveStaffSessions implements account.SessionStore.
func (s StaffAccounts) RemoveStaffSessions(ctx context.Context, before, idleBefore time.Time) error {
	return s.change(ctx, `DELETE FROM staff_sessions WHERE expires_at < ? OR seen_at < ?`, before.UnixNano(), idleBefore.UnixNano())
}

func (s StaffAccounts) change(ctx context.Context, query string, args ...any) error {
	_, err := s.db.perform(ctx, func(ctx context.Context, t *tx) error { return t.exec(ctx, query, args...) })
	if err != nil {
		return fmt.Errorf("change staff sessions: %w", err)
	}
	return nil
}
