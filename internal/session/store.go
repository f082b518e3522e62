package session

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrNone says that there is no such session or one-time value: never made,
// taken, ended or expired. The caller asks the citizen to sign in (again).
var ErrNone = errors.New("no such session or one-time value")

// Record is a session as it is stored.
type Record struct {
	Hash      [32]byte // SHA-256 of the cookie's secret
	Citizen   citizen.Ref
	Sealed    []byte // what only the service may read, sealed under the ring
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// bound is what the seal is bound to: everything in the row that says whose session
// it is and how long it lasts. SeenAt is not, because it changes with each use: who
// can write to the store can keep a session from its idle end, never from ExpiresAt.
func (r Record) bound() []byte {
	b := append([]byte(nil), r.Hash[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.CreatedAt.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.ExpiresAt.UnixMilli()))
	return append(b, r.Citizen...)
}

// Store keeps sessions.
type Store interface {
	// AddSession keeps the session and the log entry of its sign-in, both or
	// neither, durably.
	AddSession(ctx context.Context, r Record, a audit.Entry) error
	// Session returns one by its hash, or ErrNone.
	Session(ctx context.Context, hash [32]byte) (Record, error)
	// TouchSessions notes when sessions were last seen; it ignores absent ones.
	TouchSessions(ctx context.Context, seen map[[32]byte]time.Time) error
	// RemoveSession ends a session and logs it, both or neither. Absent: ErrNone
	// and no entry.
	RemoveSession(ctx context.Context, hash [32]byte, a audit.Entry) error
	// ReplaceSession ends the old session and keeps a new one, with the log entry of
	// each, ended in front of started: all of it or nothing, durably. When the old one
	// is absent: ErrNone, and nothing is written.
	ReplaceSession(ctx context.Context, old [32]byte, ended audit.Entry, r Record, started audit.Entry) error
	// RemoveExpiredSessions removes sessions that expired before the first time or
	// were last seen before the second, and returns how many.
	RemoveExpiredSessions(ctx context.Context, before, idleBefore time.Time) (int, error)
}

// OneTimeStore keeps values that can be taken once.
type OneTimeStore interface {
	// Put keeps a value under a hash of its name until it expires.
	Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error
	// Take removes and returns a value in one atomic step: of any number of
	// concurrent callers, one gets it and the others get ErrNone.
	Take(ctx context.Context, kind string, hash [32]byte, now time.Time) ([]byte, error)
	// RemoveExpired removes values that expired before that time, and returns how many.
	RemoveExpired(ctx context.Context, before time.Time) (int, error)
}
