package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrNoSession says that there is no such session, or that it has ended. Sign in again.
var ErrNoSession = errors.New("no such staff session")

// Session is a session of a member of staff as it is stored.
type Session struct {
	Hash      [32]byte // SHA-256 of the cookie's secret
	Sealed    []byte   // who it is, sealed under the ring, so that nobody can write a session into the database
	SeenAt    time.Time
	ExpiresAt time.Time
}

// SessionStore keeps sessions of staff.
type SessionStore interface {
	// AddStaffSession keeps a session. Beyond that number of sessions, those go that were
	// last seen the longest time ago.
	AddStaffSession(ctx context.Context, s Session, most int) error
	// StaffSession returns one by its hash, or ErrNoSession.
	StaffSession(ctx context.Context, hash [32]byte) (Session, error)
	// TouchStaffSession notes when a session was last seen; an absent one is passed over.
	TouchStaffSession(ctx context.Context, hash [32]byte, at time.Time) error
	// ReplaceStaffSession ends the old session and keeps a new one, both or neither. Of two
	// who replace one session, one does and the other gets ErrNoSession.
	ReplaceStaffSession(ctx context.Context, old [32]byte, s Session) error
	// RemoveStaffSession ends a session; an absent one is passed over.
	RemoveStaffSession(ctx context.Context, hash [32]byte) error
	// RemoveStaffSessions removes sessions that expired before the first time or were last
	// seen before the second.
	RemoveStaffSessions(ctx context.Context, before, idleBefore time.Time) error
}

// Remover removes sessions of staff, as [SessionStore] does.
type Remover interface {
	RemoveStaffSessions(ctx context.Context, before, idleBefore time.Time) error
}

// EndAll ends the sessions of all members of staff, at every replica.
func EndAll(ctx context.Context, sessions Remover, now time.Time) error {
	all := now.AddDate(100, 0, 0) // no clock is ahead by so much
	if err := sessions.RemoveStaffSessions(ctx, all, all); err != nil {
		return fmt.Errorf("end all staff sessions: %w", err)
	}
	return nil
}
