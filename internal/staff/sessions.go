package staff

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Errors of [Sessions].
var (
	// ErrNoSession says that there is no such session, or that it has ended. Sign in again.
	ErrNoSession = errors.New("no such staff session")
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
)

// Session is a member of staff who is signed in.
type Session struct {
	Member    Member
	SignedIn  time.Time
	ExpiresAt time.Time // the age limit; idle time can end it sooner
	ProvedAt  time.Time // when the provider last said which roles they have
}

// Sessions are kept in this process's memory: a restart signs staff out. They are
// identified by the SHA-256 of their secret. Safe for concurrent use.
type Sessions struct {
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	live *simplelru.LRU[[sha256.Size]byte, *liveSession]
}

type liveSession struct {
	Session

	seenAt time.Time
}

// NewSessions starts without sessions. random makes the secrets of sessions:
// crypto/rand.Reader outside tests.
func NewSessions(now func() time.Time, random io.Reader) (*Sessions, error) {
	live, err := simplelru.NewLRU[[sha256.Size]byte, *liveSession](Most, nil)
	if err != nil {
		return nil, fmt.Errorf("new staff sessions: %w", err)
	}
	return &Sessions{now: now, random: random, live: live}, nil
}

// Start signs a member in. The secret is for their cookie and is kept nowhere.
func (s *Sessions) Start(m Member) (secret string, started Session) {
	now := s.now()
	started = Session{Member: m, SignedIn: now, ExpiresAt: now.Add(Life), ProvedAt: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(started), started
}

func (s *Sessions) add(started Session) (secret string) {
	secret = keys.RandomText(s.random) + keys.RandomText(s.random) // 260 bits
	s.live.Add(sha256.Sum256([]byte(secret)), &liveSession{started, started.ProvedAt})
	return secret
}

// Renew goes on with a session under another secret, with the roles that the provider has
// just named. Its age counts from the full sign-in. Errors: ErrNoSession, also where the
// session is somebody else's.
func (s *Sessions) Renew(old string, m Member) (secret string, renewed Session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(old)
	if err != nil || l.Member.Pseudonym != m.Pseudonym {
		return "", Session{}, ErrNoSession
	}
	s.live.Remove(sha256.Sum256([]byte(old)))
	renewed = Session{Member: m, SignedIn: l.SignedIn, ExpiresAt: l.ExpiresAt, ProvedAt: s.now()}
	return s.add(renewed), renewed, nil
}

// Find returns the session of a secret and notes that it was used. Errors: ErrNoSession;
// ErrUnproved, with which the session is returned too.
func (s *Sessions) Find(secret string) (Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(secret)
	if err != nil {
		return Session{}, err
	}
	if now := s.now(); now.Sub(l.ProvedAt) < Proved {
		l.seenAt = now
		return l.Session, nil
	}
	return l.Session, ErrUnproved // this is no use of it: half an hour without any ends it
}

// find returns a session that is not over. The mutex is held.
func (s *Sessions) find(secret string) (*liveSession, error) {
	key := sha256.Sum256([]byte(secret))
	l, ok := s.live.Get(key)
	switch {
	case !ok:
		return nil, ErrNoSession
	case l.over(s.now()):
		s.live.Remove(key)
		return nil, ErrNoSession
	}
	return l, nil
}

// End signs out. Ending an absent one is harmless.
func (s *Sessions) End(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live.Remove(sha256.Sum256([]byte(secret)))
}

func (l *liveSession) over(now time.Time) bool {
	return !now.Before(l.ExpiresAt) || now.Sub(l.seenAt) > Idle
}
