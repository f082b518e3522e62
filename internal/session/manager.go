package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/projection"
)

// ID is the SHA-256 of a session's secret. It names the session inside the
// process; it is not a credential, and still never leaves the process.
type ID [32]byte

// Session is a signed-in citizen.
type Session struct {
	ID             ID
	Citizen        citizen.Citizen
	IDToken        keys.Secret // as NHS login signed it
	IDTokenID      string      // its jti
	IDTokenExpires time.Time
	SignedInAt     time.Time
	FullSignInAt   time.Time // when the citizen last proved who they are; silent renewals do not move it
	ExpiresAt      time.Time // the age limit; idle time can end it sooner
}

// SignIn is the result of a sign-in.
type SignIn struct {
	Citizen        citizen.Citizen
	FullSignInAt   time.Time // zero: now
	IDToken        keys.Secret
	IDTokenID      string
	IDTokenExpires time.Time
}

// Deps are what a Manager needs; all but Panics are required.
type Deps struct {
	Store    Store
	Ring     *keys.Ring
	Citizens interface {
		Find(ctx context.Context, ref citizen.Ref) (citizen.Citizen, error)
	}
	Now  func() time.Time
	Idle time.Duration // ends a session that was not used for so long
	Max  time.Duration // ends any session, counted from the last full sign-in
	// Random makes the secrets of sessions: crypto/rand.Reader outside tests.
	Random io.Reader
	// Panics is called for a panic while a session is read.
	Panics panics.Handler
}

// maxKept bounds the sessions in memory; further ones are read when they are used.
const maxKept = 50_000

// Manager starts, finds and ends sessions. It is safe for concurrent use.
type Manager struct {
	d    Deps
	kept *projection.Projection[ID, kept]

	mu   sync.Mutex
	seen map[ID]time.Time // last uses that are not in the store yet
}

// kept is a session as the store has it.
type kept struct {
	session Session
	seenAt  time.Time
}

// sealed is the content of Record.Sealed.
type sealed struct {
	IDToken        string    `json:"idToken"`
	IDTokenID      string    `json:"jti"`
	IDTokenExpires time.Time `json:"exp"`
	FullSignInAt   time.Time `json:"fullSignInAt"`
	// NHSNumber is that of the ID token. The citizen of the row must have the same.
	NHSNumber string `json:"nhsNumber"`
}

const sealPurpose = "session"

// NewManager needs every field of d but Panics.
func NewManager(d Deps) (*Manager, error) {
	m := &Manager{d: d, seen: map[ID]time.Time{}}
	var err error
	m.kept, err = projection.New(projection.Options[ID, kept]{Name: "sessions", Limit: maxKept, Load: m.load, Panics: d.Panics})
	if err != nil {
		return nil, fmt.Errorf("new session manager: %w", err)
	}
	return m, nil
}

// Start makes a session and its log entry, durably. The secret is for the
// citizen's cookie and is kept nowhere.
func (m *Manager) Start(ctx context.Context, in SignIn, entry audit.Entry) (secret string, s Session, err error) {
	secret, k, r, err := m.made(in)
	if err != nil {
		return "", Session{}, err
	}
	if err := m.d.Store.AddSession(ctx, r, entry); err != nil {
		return "", Session{}, fmt.Errorf("add session: %w", err)
	}
	m.kept.Put(k.session.ID, k)
	return secret, k.session, nil
}

// Replace is End of an old session and Start of a new one in one transaction: on an
// error the old one is as it was. If the old one has ended already, Replace is
// Start, and the entry ended is not written.
func (m *Manager) Replace(ctx context.Context, old ID, ended audit.Entry, in SignIn, started audit.Entry) (secret string, s Session, err error) {
	secret, k, r, err := m.made(in)
	if err != nil {
		return "", Session{}, err
	}
	err = m.d.Store.ReplaceSession(ctx, old, ended, r, started)
	m.kept.Forget(old) // whatever the outcome, the store knows it
	if errors.Is(err, ErrNone) {
		err = m.d.Store.AddSession(ctx, r, started)
	}
	if err != nil {
		return "", Session{}, fmt.Errorf("replace session: %w", err)
	}
	m.kept.Put(k.session.ID, k)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, old)
	return secret, k.session, nil
}

// made is a new session, as it is kept here and in the store. Nothing is written yet.
func (m *Manager) made(in SignIn) (secret string, k kept, r Record, err error) {
	secret = keys.RandomText(m.d.Random) + keys.RandomText(m.d.Random) // 260 bits
	now := m.d.Now()
	if in.FullSignInAt.IsZero() {
		in.FullSignInAt = now
	}
	s := Session{
		ID:      IDOf(secret),
		Citizen: in.Citizen, IDToken: in.IDToken, IDTokenID: in.IDTokenID, IDTokenExpires: in.IDTokenExpires,
		SignedInAt: now, FullSignInAt: in.FullSignInAt, ExpiresAt: in.FullSignInAt.Add(m.d.Max),
	}
	plain, err := json.Marshal(sealed{in.IDToken.Reveal(), in.IDTokenID, in.IDTokenExpires, in.FullSignInAt, in.Citizen.NHSNumber.Reveal()})
	if err != nil {
		return "", kept{}, Record{}, fmt.Errorf("encode session: %w", err)
	}
	r = Record{Hash: s.ID, Citizen: in.Citizen.Ref, CreatedAt: now, SeenAt: now, ExpiresAt: s.ExpiresAt}
	r.Sealed = m.d.Ring.Seal(sealPurpose, plain, r.bound())
	return secret, kept{session: s, seenAt: now}, r, nil
}

// Find returns the session of a secret and notes that it was used, or ErrNone.
func (m *Manager) Find(ctx context.Context, secret string) (Session, error) {
	return m.find(ctx, secret, true)
}

// Peek is Find without noting the use: asking whether a session still exists does
// not keep the citizen signed in.
func (m *Manager) Peek(ctx context.Context, secret string) (Session, error) {
	return m.find(ctx, secret, false)
}

func (m *Manager) find(ctx context.Context, secret string, use bool) (Session, error) {
	id := IDOf(secret)
	now := m.d.Now()
	m.mu.Lock()
	before := m.seen[id] // first, because Tidy moves it into what is kept
	m.mu.Unlock()
	k, err := m.kept.Get(ctx, id)
	if err != nil {
		return Session{}, err //nolint:wrapcheck // it names the operation
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	seenAt := latest(latest(k.seenAt, before), m.seen[id])
	if m.over(k.session, seenAt, now) {
		return Session{}, ErrNone
	}
	if use && now.After(seenAt) {
		m.seen[id] = now
	}
	return k.session, nil
}

func (m *Manager) load(ctx context.Context, id ID) (kept, error) {
	r, err := m.d.Store.Session(ctx, id)
	if err != nil {
		return kept{}, fmt.Errorf("find session: %w", err)
	}
	s, err := m.open(ctx, r)
	if err != nil {
		return kept{}, err
	}
	return kept{session: s, seenAt: r.SeenAt}, nil
}

// End signs out. It removes the session and writes its log entry, both or neither. ErrNone says
// that it had ended already.
func (m *Manager) End(ctx context.Context, id ID, entry audit.Entry) error {
	err := m.d.Store.RemoveSession(ctx, id, entry)
	m.kept.Forget(id) // whatever the outcome, the store knows it
	if err != nil && !errors.Is(err, ErrNone) {
		return fmt.Errorf("remove session: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, id)
	if err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return nil
}

// ForgetOf makes the next use of each session of a citizen read the store again. Call it
// when another process changed them.
func (m *Manager) ForgetOf(ref citizen.Ref) {
	m.kept.ChangedWhere(func(_ ID, k kept) bool { return k.session.Citizen.Ref == ref })
}

// ForgetAll makes the next use of each session read the store again. Call it when
// another process has written to the store. Times of use are kept.
func (m *Manager) ForgetAll() { m.kept.ForgetAll() }

// Tidy stores when sessions were last used and removes those that have ended. The
// service calls it once a minute and when it stops.
func (m *Manager) Tidy(ctx context.Context) error {
	now := m.d.Now()
	m.mu.Lock()
	seen := make(map[[32]byte]time.Time, len(m.seen))
	for id, at := range m.seen {
		seen[id] = at
	}
	m.mu.Unlock()
	m.kept.ForgetWhere(func(id ID, k kept) bool { return m.over(k.session, latest(k.seenAt, seen[id]), now) })

	if len(seen) > 0 {
		if err := m.d.Store.TouchSessions(ctx, seen); err != nil {
			return fmt.Errorf("store when sessions were used: %w", err)
		}
		m.written(seen)
	}
	if _, err := m.d.Store.RemoveExpiredSessions(ctx, now, now.Add(-m.d.Idle)); err != nil {
		return fmt.Errorf("remove ended sessions: %w", err)
	}
	return nil
}

// written notes which uses are now in the store.
func (m *Manager) written(seen map[[32]byte]time.Time) {
	for id, at := range seen {
		m.kept.Update(id, func(k kept) (kept, bool) {
			k.seenAt = latest(k.seenAt, at)
			return k, true
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, at := range seen {
		if m.seen[id].Equal(at) { // not used again in the meantime
			delete(m.seen, id)
		}
	}
}

// IDOf names the session of a secret.
func IDOf(secret string) ID { return sha256.Sum256([]byte(secret)) }

func (m *Manager) over(s Session, seenAt, now time.Time) bool {
	return !now.Before(s.ExpiresAt) || now.Sub(seenAt) > m.d.Idle
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (m *Manager) open(ctx context.Context, r Record) (Session, error) {
	plain, err := m.d.Ring.Open(sealPurpose, r.Sealed, r.bound())
	if err != nil {
		return Session{}, fmt.Errorf("%w: open session: %w", citizen.ErrContradiction, err)
	}
	var v sealed
	if err := json.Unmarshal(plain, &v); err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	c, err := m.d.Citizens.Find(ctx, r.Citizen)
	if err != nil {
		return Session{}, fmt.Errorf("find session's citizen: %w", err)
	}
	if c.NHSNumber.Reveal() != v.NHSNumber {
		return Session{}, fmt.Errorf("%w: the session's ID token is another person's", citizen.ErrContradiction)
	}
	return Session{
		ID: r.Hash, Citizen: c,
		IDToken: keys.NewSecret(v.IDToken), IDTokenID: v.IDTokenID, IDTokenExpires: v.IDTokenExpires,
		SignedInAt: r.CreatedAt, FullSignInAt: v.FullSignInAt, ExpiresAt: r.ExpiresAt,
	}, nil
}
