package citizen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// ErrNoSubject says that no citizen is known by that look-up or pseudonym.
// At sign-in the caller makes one; anywhere else it treats the citizen as erased.
var ErrNoSubject = errors.New("no such subject")

// ErrContradiction says that stored rows do not agree with each other or with an ID
// token: somebody changed them, or a part of the store was restored. Nothing may be
// shown by such a row, and an operator has to look.
var ErrContradiction = errors.New("stored rows contradict each other")

// Lookup finds a citizen without knowing them: the keyed hash of the NHS number
// and the id of the key it was hashed under.
type Lookup struct {
	KeyID string
	MAC   [32]byte
}

// Subject is the stored row that joins a pseudonym with a person.
type Subject struct {
	Ref       Ref
	Lookup    Lookup
	Sealed    []byte // NHS number and id secret, sealed under the ring and bound to Ref and Lookup
	CreatedAt time.Time
}

// Store keeps subjects.
type Store interface {
	// FindSubject returns the subject with any of the look-ups, or ErrNoSubject.
	FindSubject(ctx context.Context, lookups []Lookup) (Subject, error)
	// AddSubject stores a new subject. When one with the same look-up exists
	// already (two first sign-ins at the same time), that one is returned instead.
	AddSubject(ctx context.Context, s Subject) (Subject, error)
	// ReplaceSubject stores a new look-up and seal under the same Ref (key rotation).
	ReplaceSubject(ctx context.Context, s Subject) error
	// Subject returns the subject of a pseudonym, or ErrNoSubject.
	Subject(ctx context.Context, ref Ref) (Subject, error)
}

const (
	lookupPurpose = "subject-lookup"
	sealPurpose   = "subject"
	idKeySize     = 32
)

// Registry finds citizens, and creates them at their first sign-in.
type Registry struct {
	store  Store
	ring   *keys.Ring
	now    func() time.Time
	random io.Reader
}

// NewRegistry needs all four. random makes pseudonyms and id secrets:
// crypto/rand.Reader outside tests.
func NewRegistry(store Store, ring *keys.Ring, now func() time.Time, random io.Reader) *Registry {
	return &Registry{store: store, ring: ring, now: now, random: random}
}

// SignIn returns the citizen with this NHS number, new or known. A row written
// under an older key moves to the active one.
func (r *Registry) SignIn(ctx context.Context, number NHSNumber) (Citizen, error) {
	macs := r.ring.MACs(lookupPurpose, []byte(number.Reveal()))
	lookups := make([]Lookup, len(macs))
	for i, m := range macs {
		lookups[i] = Lookup{KeyID: m.KeyID, MAC: m.Sum}
	}
	s, err := r.store.FindSubject(ctx, lookups)
	switch {
	case errors.Is(err, ErrNoSubject):
		return r.add(ctx, number, lookups[0])
	case err != nil:
		return Citizen{}, fmt.Errorf("find subject: %w", err)
	}
	c, err := r.open(s)
	if err != nil {
		return Citizen{}, err
	}
	if c.NHSNumber != number {
		return Citizen{}, fmt.Errorf("%w: the look-up leads to another person", ErrContradiction)
	}
	if s.Lookup.KeyID != lookups[0].KeyID {
		s.Lookup, s.Sealed = lookups[0], r.seal(c, lookups[0])
		if err := r.store.ReplaceSubject(ctx, s); err != nil {
			return Citizen{}, fmt.Errorf("move subject to the active key: %w", err)
		}
	}
	return c, nil
}

// Find returns a citizen by pseudonym, or ErrNoSubject.
func (r *Registry) Find(ctx context.Context, ref Ref) (Citizen, error) {
	s, err := r.store.Subject(ctx, ref)
	if err != nil {
		return Citizen{}, fmt.Errorf("find subject: %w", err)
	}
	return r.open(s)
}

func (r *Registry) add(ctx context.Context, number NHSNumber, lookup Lookup) (Citizen, error) {
	var idKey [idKeySize]byte
	if _, err := io.ReadFull(r.random, idKey[:]); err != nil {
		return Citizen{}, fmt.Errorf("make id secret: %w", err)
	}
	c := New(Ref(keys.RandomText(r.random)), number, idKey)
	s, err := r.store.AddSubject(ctx, Subject{Ref: c.Ref, Lookup: lookup, Sealed: r.seal(c, lookup), CreatedAt: r.now()})
	if err != nil {
		return Citizen{}, fmt.Errorf("add subject: %w", err)
	}
	return r.open(s)
}

func (r *Registry) seal(c Citizen, l Lookup) []byte {
	return r.ring.Seal(sealPurpose, []byte(c.idKey.Value()+c.NHSNumber.Reveal()), bound(c.Ref, l))
}

// bound is what a subject's seal is bound to. Each part ends where the next begins:
// the MAC has a fixed length, and no Ref has a zero byte.
func bound(ref Ref, l Lookup) []byte {
	return append(append([]byte(ref), 0), append(l.MAC[:], l.KeyID...)...)
}

func (r *Registry) open(s Subject) (Citizen, error) {
	plain, err := r.ring.Open(sealPurpose, s.Sealed, bound(s.Ref, s.Lookup))
	if err != nil {
		return Citizen{}, fmt.Errorf("%w: open subject: %w", ErrContradiction, err)
	}
	if len(plain) < idKeySize {
		return Citizen{}, errors.New("open subject: sealed value is too short")
	}
	number, err := ParseNHSNumber(string(plain[idKeySize:]))
	if err != nil {
		return Citizen{}, fmt.Errorf("open subject: %w", err)
	}
	return New(s.Ref, number, [idKeySize]byte(plain[:idKeySize])), nil
}
