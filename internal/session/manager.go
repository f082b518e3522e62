package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// ID is the SHA-256 of a session's secret. It names the session inside the
// process; it is no credential and still never leaves it.
type ID [32]byte

// Session is a signed-in citizen.
type Session struct {
	ID             ID
	Citizen        citizen.Citizen
	IDToken        keys.Secret // as NHS login signed it
	IDTokenID      string      // its jti
	IDTokenExpires time.Time
	SignedInAt     time.Time
	ExpiresAt      time.Time // the age limit; idle time can end it sooner
}

// SignIn is what a sign-in brings.
type SignIn struct {
	Citizen        citizen.Citizen
	IDToken        keys.Secret
	IDTokenID      string
	IDTokenExpires time.Time
}

// Deps are what a Manager needs; all are required.
type Deps struct {
	Store    Store
	Ring     *keys.Ring
	Citizens interface {
		Find(ctx context.Context, ref citizen.Ref) (citizen.Citizen, error)
	}
	Now  func() time.Time
	Idle time.Duration // ends a session that nobody used
	Max  time.Duration // ends any session
	// Random makes the secrets of sessions: crypto/rand.Reader outside tests.
	Random io.Reader
}

// Manager starts, finds and ends sessions. It is safe for concurrent use.
type Manager struct {
	d Deps

	mu    sync.Mutex
	live  map[ID]*live
	ended int // counts endings, so that a load under way does not bring a session back
}

type live struct {
	session  Session
	seenAt   time.Time
	flushed  time.Time
	doubtful bool // the store may know better: read it again before using this
}

// what is sealed into Record.Sealed
type sealed struct {
	IDToken        string    `json:"idToken"`
	IDTokenID      string    `json:"jti"`
	IDTokenExpires time.Time `json:"exp"`
}

const sealPurpose = "session"

// NewManager needs every field of d.
func NewManager(d Deps) *Manager {
	return &Manager{d: d, live: map[ID]*live{}}
}

// Start makes a session and its log entry, durably. The secret is for the
// citizen's cookie and is kept nowhere.
func (m *Manager) Start(ctx context.Context, in SignIn, entry audit.Entry) (secret string, s Session, err error) {
	secret = keys.RandomText(m.d.Random) + keys.RandomText(m.d.Random) // 260 bits
	now := m.d.Now()
	s = Session{
		ID:      IDOf(secret),
		Citizen: in.Citizen, IDToken: in.IDToken, IDTokenID: in.IDTokenID, IDTokenExpires: in.IDTokenExpires,
		SignedInAt: now, ExpiresAt: now.Add(m.d.Max),
	}
	plain, err := json.Marshal(sealed{in.IDToken.Reveal(), in.IDTokenID, in.IDTokenExpires})
	if err != nil {
		return "", Session{}, fmt.Errorf("encode session: %w", err)
	}
	err = m.d.Store.AddSession(ctx, Record{
		Hash: s.ID, Citizen: in.Citizen.Ref, Sealed: m.d.Ring.Seal(sealPurpose, plain, s.ID[:]),
		CreatedAt: now, SeenAt: now, ExpiresAt: s.ExpiresAt,
	}, entry)
	if err != nil {
		return "", Session{}, fmt.Errorf("add session: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[s.ID] = &live{session: s, seenAt: now, flushed: now}
	return secret, s, nil
}

// Find gives the session of a secret and notes that it was used, or ErrNone.
func (m *Manager) Find(ctx context.Context, secret string) (Session, error) {
	return m.find(ctx, secret, true)
}

// Peek is Find without noting the use: looking whether one is still signed in
// keeps nobody signed in.
func (m *Manager) Peek(ctx context.Context, secret string) (Session, error) {
	return m.find(ctx, secret, false)
}

func (m *Manager) find(ctx context.Context, secret string, use bool) (Session, error) {
	id := IDOf(secret)
	now := m.d.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.live[id] == nil || m.live[id].doubtful {
		ended := m.ended
		m.mu.Unlock()
		l, err := m.load(ctx, id)
		m.mu.Lock()
		switch {
		case errors.Is(err, ErrNone) && ended == m.ended:
			delete(m.live, id)
			return Session{}, err
		case err != nil:
			return Session{}, err
		case ended == m.ended:
			m.keep(id, l)
		}
	}
	l := m.live[id]
	if m.over(l, now) {
		return Session{}, ErrNone
	}
	if use && now.After(l.seenAt) {
		l.seenAt = now
	}
	return l.session, nil
}

// keep takes what was loaded, with the later sighting. It is called with mu held.
func (m *Manager) keep(id ID, loaded *live) {
	switch here := m.live[id]; {
	case here == nil:
	case !here.doubtful:
		return // another load was first
	case here.seenAt.After(loaded.seenAt):
		loaded.seenAt = here.seenAt
	}
	m.live[id] = loaded
}

func (m *Manager) load(ctx context.Context, id ID) (*live, error) {
	r, err := m.d.Store.Session(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find session: %w", err)
	}
	s, err := m.open(ctx, r)
	if err != nil {
		return nil, err
	}
	return &live{session: s, seenAt: r.SeenAt, flushed: r.SeenAt}, nil
}

// End signs out: the session and its log entry, both or neither. ErrNone says
// that it had ended already.
func (m *Manager) End(ctx context.Context, id ID, entry audit.Entry) error {
	err := m.d.Store.RemoveSession(ctx, id, entry)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended++
	if err == nil || errors.Is(err, ErrNone) {
		delete(m.live, id)
	} else if l := m.live[id]; l != nil {
		l.doubtful = true
	}
	if err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return nil
}

// ForgetAll makes the next use of each session read the store again. Called when
// another process has changed it. When sessions were seen is not forgotten.
func (m *Manager) ForgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended++
	for _, l := range m.live {
		l.doubtful = true
	}
}

// Tidy writes down when sessions were last seen and forgets those that are over.
// The service calls it once a minute and at its end.
func (m *Manager) Tidy(ctx context.Context) error {
	now := m.d.Now()
	seen := map[[32]byte]time.Time{}
	m.mu.Lock()
	for id, l := range m.live {
		if l.seenAt.After(l.flushed) {
			seen[id] = l.seenAt
		}
	}
	maps.DeleteFunc(m.live, func(_ ID, l *live) bool { return m.over(l, now) })
	m.mu.Unlock()

	if len(seen) > 0 {
		if err := m.d.Store.TouchSessions(ctx, seen); err != nil {
			return fmt.Errorf("note when sessions were seen: %w", err)
		}
		m.flushed(seen)
	}
	if _, err := m.d.Store.RemoveExpiredSessions(ctx, now, now.Add(-m.d.Idle)); err != nil {
		return fmt.Errorf("forget ended sessions: %w", err)
	}
	return nil
}

func (m *Manager) flushed(seen map[[32]byte]time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, at := range seen {
		if l := m.live[id]; l != nil {
			l.flushed = at
		}
	}
}

// IDOf names the session of a secret.
func IDOf(secret string) ID { return sha256.Sum256([]byte(secret)) }

func (m *Manager) over(l *live, now time.Time) bool {
	return !now.Before(l.session.ExpiresAt) || now.Sub(l.seenAt) > m.d.Idle
}

func (m *Manager) open(ctx context.Context, r Record) (Session, error) {
	plain, err := m.d.Ring.Open(sealPurpose, r.Sealed, r.Hash[:])
	if err != nil {
		return Session{}, fmt.Errorf("open session: %w", err)
	}
	var v sealed
	if err := json.Unmarshal(plain, &v); err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	c, err := m.d.Citizens.Find(ctx, r.Citizen)
	if err != nil {
		return Session{}, fmt.Errorf("find session's citizen: %w", err)
	}
	return Session{
		ID: r.Hash, Citizen: c,
		IDToken: keys.NewSecret(v.IDToken), IDTokenID: v.IDTokenID, IDTokenExpires: v.IDTokenExpires,
		SignedInAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
	}, nil
}
