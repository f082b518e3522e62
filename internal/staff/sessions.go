package staff

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
)

// Errors of [Sessions].
var (
	// ErrNoSession says that there is no such session, or that it has ended. Sign in again.
	ErrNoSession = account.ErrNoSession
	// ErrUnproved says that a session goes on only once the provider has said again who it
	// is and which roles they have: sign in again, without questions if possible.
	ErrUnproved = errors.New("the roles of this staff session have to be asked for again")
)

const (
	// Idle ends a session that was not used for so long.
	Idle = 30 * time.Minute
	// Proved is how long what the provider said about roles is relied on: a role that is
	// taken away ends then.
	Proved = 15 * time.Minute
	// Life is the longest that any session lasts: a working day.
	Life = 8 * time.Hour
	// Most bounds how many sessions there are at one time, far above the number of
	// auditors. One more signs out the session that has been idle for longest.
	Most = 1_000
	// noted is how exactly it is kept when a session was last used.
	noted = time.Minute
)

// Session is a member of staff who is signed in.
type Session struct {
	Member    Member
	SignedIn  time.Time
	ExpiresAt time.Time // the age limit; idle time can end it sooner
	ProvedAt  time.Time // when the provider last said which roles they have
}

// Sessions are kept in the store, so that each replica knows them and a restart signs
// nobody out. They are identified by the SHA-256 of their secret. Safe for concurrent use.
type Sessions struct {
	store  account.SessionStore
	ring   *keys.Ring
	now    func() time.Time
	random io.Reader
}

// NewSessions needs all. random makes the secrets of sessions: crypto/rand.Reader outside
// tests.
func NewSessions(store account.SessionStore, ring *keys.Ring, now func() time.Time, random io.Reader) *Sessions {
	return &Sessions{store: store, ring: ring, now: now, random: random}
}

// content is what is sealed of a session.
type content struct {
	Pseudonym string    `json:"pseudonym"`
	Roles     []Role    `json:"roles"`
	SignedIn  time.Time `json:"signedIn"`
	ProvedAt  time.Time `json:"provedAt"`
}

const sealPurpose = "staff-session"

// bound is what the seal is bound to: whose cookie it is, and when it ends.
func bound(hash [32]byte, expires time.Time) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), hash[:]...), uint64(expires.UnixNano()))
}

// Start signs a member in. The secret is for their cookie and is kept nowhere.
func (s *Sessions) Start(ctx context.Context, m Member) (secret string, started Session, err error) {
	now := s.now()
	started = Session{Member: m, SignedIn: now, ExpiresAt: now.Add(Life), ProvedAt: now}
	secret, row, err := s.made(started)
	if err == nil {
		err = s.store.AddStaffSession(ctx, row, Most)
	}
	if err != nil {
		return "", Session{}, fmt.Errorf("start staff session: %w", err)
	}
	return secret, started, nil
}

func (s *Sessions) made(of Session) (secret string, row account.Session, err error) {
	plain, err := json.Marshal(content{of.Member.Pseudonym, of.Member.Roles, of.SignedIn, of.ProvedAt})
	if err != nil {
		return "", row, err
	}
	secret = keys.RandomText(s.random) + keys.RandomText(s.random) // 260 bits
	row = account.Session{Hash: sha256.Sum256([]byte(secret)), SeenAt: of.ProvedAt, ExpiresAt: of.ExpiresAt}
	row.Sealed = s.ring.Seal(sealPurpose, plain, bound(row.Hash, row.ExpiresAt))
	return secret, row, nil
}

// Renew goes on with a session under another secret, with the roles that the provider has
// just named. Its age counts from the full sign-in. Errors: ErrNoSession, also where the
// session is somebody else's, or somebody else was first.
func (s *Sessions) Renew(ctx context.Context, old string, m Member) (secret string, renewed Session, err error) {
	found, _, err := s.find(ctx, old)
	if err == nil && found.Member.Pseudonym != m.Pseudonym {
		err = ErrNoSession
	}
	var row account.Session
	if err == nil {
		renewed = Session{Member: m, SignedIn: found.SignedIn, ExpiresAt: found.ExpiresAt, ProvedAt: s.now()}
		secret, row, err = s.made(renewed)
	}
	if err == nil {
		err = s.store.ReplaceStaffSession(ctx, sha256.Sum256([]byte(old)), row)
	}
	if err != nil {
		return "", Session{}, fmt.Errorf("renew staff session: %w", err)
	}
	return secret, renewed, nil
}

// Find returns the session of a secret and notes, to a minute, that it was used. Errors:
// ErrNoSession; ErrUnproved, with which the session is returned too; any other says that
// the store cannot tell.
func (s *Sessions) Find(ctx context.Context, secret string) (Session, error) {
	found, row, err := s.find(ctx, secret)
	if err != nil {
		return Session{}, err
	}
	now := s.now()
	if now.Sub(found.ProvedAt) >= Proved {
		return found, ErrUnproved // this is no use of it: half an hour without any ends it
	}
	if now.Sub(row.SeenAt) >= noted {
		if err := s.store.TouchStaffSession(ctx, row.Hash, now); err != nil {
			return Session{}, fmt.Errorf("find staff session: %w", err)
		}
	}
	return found, nil
}

// find returns a session that is not over, and its row.
func (s *Sessions) find(ctx context.Context, secret string) (found Session, row account.Session, err error) {
	row, err = s.store.StaffSession(ctx, sha256.Sum256([]byte(secret)))
	if err != nil {
		return found, row, fmt.Errorf("find staff session: %w", err)
	}
	now := s.now()
	if !now.Before(row.ExpiresAt) || now.Sub(row.SeenAt) > Idle {
		return found, row, ErrNoSession
	}
	plain, err := s.ring.Open(sealPurpose, row.Sealed, bound(row.Hash, row.ExpiresAt))
	var c content
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil { // its key was dropped, or somebody wrote it into the database
		return found, row, fmt.Errorf("%w: %w", ErrNoSession, err)
	}
	return Session{Member: Member{Pseudonym: c.Pseudonym, Roles: c.Roles}, SignedIn: c.SignedIn, ExpiresAt: row.ExpiresAt, ProvedAt: c.ProvedAt}, row, nil
}

// End signs out. Ending an absent one is harmless.
func (s *Sessions) End(ctx context.Context, secret string) error {
	if secret == "" {
		return nil
	}
	if err := s.store.RemoveStaffSession(ctx, sha256.Sum256([]byte(secret))); err != nil {
		return fmt.Errorf("end staff session: %w", err)
	}
	return nil
}

// Tidy removes sessions that have ended.
func (s *Sessions) Tidy(ctx context.Context) error {
	now := s.now()
	if err := s.store.RemoveStaffSessions(ctx, now, now.Add(-Idle)); err != nil {
		return fmt.Errorf("remove ended staff sessions: %w", err)
	}
	return nil
}
