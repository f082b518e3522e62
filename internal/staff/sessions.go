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

// ErrNoSession says that there is no such session, or that it has ended. Sign in again.
var ErrNoSession = errors.New("no such staff session")

const (
	// Idle ends a session that was not used for so long.
	Idle = 30 * time.Minute
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
	secret = keys.RandomText(s.random) + keys.RandomText(s.random) // 260 bits
	now := s.now()
	started = Session{Member: m, SignedIn: now, ExpiresAt: now.Add(Life)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live.Add(sha256.Sum256([]byte(secret)), &liveSession{started, now})
	return secret, started
}

// Find returns the session of a secret and notes that it was used, or ErrNoSession.
func (s *Sessions) Find(secret string) (Session, error) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256([]byte(secret))
	l, ok := s.live.Get(key)
	switch {
	case !ok:
		return Session{}, ErrNoSession
	case l.over(now):
		s.live.Remove(key)
		return Session{}, ErrNoSession
	}
	l.seenAt = now
	return l.Session, nil
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
