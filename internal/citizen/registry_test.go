package citizen_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// store keeps subjects in memory.
type store struct {
	mu       sync.Mutex
	subjects map[citizen.Ref]citizen.Subject
	replaced int
	fails    error
}

func (s *store) FindSubject(_ context.Context, lookups []citizen.Lookup) (citizen.Subject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range s.subjects {
		for _, l := range lookups {
			if row.Lookup == l {
				return row, s.fails
			}
		}
	}
	return citizen.Subject{}, errors.Join(citizen.ErrNoSubject, s.fails)
}

func (s *store) AddSubject(_ context.Context, row citizen.Subject) (citizen.Subject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, there := range s.subjects {
		if there.Lookup == row.Lookup {
			return there, s.fails
		}
	}
	s.subjects[row.Ref] = row
	return row, s.fails
}

func (s *store) ReplaceSubject(_ context.Context, row citizen.Subject) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replaced++
	s.subjects[row.Ref] = row
	return s.fails
}

func (s *store) Subject(_ context.Context, ref citizen.Ref) (citizen.Subject, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.subjects[ref]
	if !ok {
		return row, citizen.ErrNoSubject
	}
	return row, nil
}

func (s *store) EraseSubject(_ context.Context, ref citizen.Ref) error {
	delete(s.subjects, ref)
	return nil
}

func registry(t *testing.T, s *store, ring string) *citizen.Registry {
	t.Helper()
	r, err := keys.Parse([]byte(ring))
	if err != nil {
		t.Fatal(err)
	}
	return citizen.NewRegistry(s, r, func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }, rand.Reader)
}

func TestRegistry(t *testing.T) {
	s, ring := &store{subjects: map[citizen.Ref]citizen.Subject{}}, keys.Generate("1")
	r := registry(t, s, ring)
	n := parse(t, number)
	first, err := r.SignIn(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a citizen is recognised, and no other person is taken for them", func(t *testing.T) {
		again, err := r.SignIn(t.Context(), n)
		if err != nil || again != first || again.NHSNumber != n {
			t.Errorf("%v, %v", again.Ref, err)
		}
		other, err := r.SignIn(t.Context(), parse(t, "9990000026"))
		if err != nil || other.Ref == first.Ref || other.OpaqueID("referral", "1") == first.OpaqueID("referral", "1") {
			t.Errorf("%v, %v", other.Ref, err)
		}
		found, err := r.Find(t.Context(), first.Ref)
		if err != nil || found != first {
			t.Errorf("%v, %v", found.Ref, err)
		}
	})
	t.Run("the store cannot tell who anybody is", func(t *testing.T) {
		for _, row := range s.subjects {
			kept := fmt.Sprintf("%v %s %s", row, row.Sealed, row.Lookup.MAC)
			if strings.Contains(kept, number) || bytes.Contains(row.Sealed, []byte(number)) {
				t.Error("the row contains the number")
			}
		}
	})
	t.Run("the pseudonym and the ids say nothing of the number", func(t *testing.T) {
		twin, err := registry(t, &store{subjects: map[citizen.Ref]citizen.Subject{}}, ring).SignIn(t.Context(), n)
		if err != nil || twin.Ref == first.Ref || twin.OpaqueID("referral", "1") == first.OpaqueID("referral", "1") {
			t.Errorf("the same number has the same pseudonym or ids: %v", err)
		}
	})
	t.Run("a new key moves the row, once, and changes no id", func(t *testing.T) {
		rotated := registry(t, s, keys.Generate("2")+ring)
		for range 2 {
			moved, err := rotated.SignIn(t.Context(), n)
			if err != nil || moved != first {
				t.Errorf("%v, %v", moved.Ref, err)
			}
		}
		if row := s.subjects[first.Ref]; row.Lookup.KeyID != "2" || s.replaced != 1 {
			t.Errorf("under key %s after %d moves", row.Lookup.KeyID, s.replaced)
		}
		if _, err := rotated.Find(t.Context(), first.Ref); err != nil {
			t.Error(err)
		}
	})
	t.Run("a row moved to another pseudonym does not open", func(t *testing.T) {
		row := s.subjects[first.Ref]
		row.Ref = "somebody"
		s.subjects["somebody"] = row
		defer delete(s.subjects, "somebody")
		if _, err := registry(t, s, keys.Generate("2")+ring).Find(t.Context(), "somebody"); !errors.Is(err, keys.ErrNotOpened) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an erased citizen is unknown, and later a new citizen", func(t *testing.T) {
		r := registry(t, s, ring)
		if err := s.EraseSubject(t.Context(), first.Ref); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Find(t.Context(), first.Ref); !errors.Is(err, citizen.ErrNoSubject) {
			t.Errorf("got %v", err)
		}
		anew, err := r.SignIn(t.Context(), n)
		if err != nil || anew.Ref == first.Ref || anew.KeyedDigest("x", nil) == first.KeyedDigest("x", nil) {
			t.Errorf("%v, %v", anew.Ref, err)
		}
	})
	t.Run("no citizen is created when the store fails", func(t *testing.T) {
		broken := &store{subjects: map[citizen.Ref]citizen.Subject{}, fails: errors.New("away")}
		if _, err := registry(t, broken, ring).SignIn(t.Context(), n); err == nil || strings.Contains(err.Error(), number) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCrowdOfFirstSignInsIsOneCitizen(t *testing.T) {
	s := &store{subjects: map[citizen.Ref]citizen.Subject{}}
	r := registry(t, s, keys.Generate("1"))
	n := parse(t, number)
	var mu sync.Mutex
	seen := map[citizen.Citizen]bool{}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			c, err := r.SignIn(t.Context(), n)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[c] = true
		})
	}
	all.Wait()
	if len(s.subjects) != 1 || len(seen) != 1 {
		t.Errorf("%d rows, %d citizens", len(s.subjects), len(seen))
	}
}

func TestOpaqueIDs(t *testing.T) {
	c := citizen.New("ref", parse(t, number), [32]byte{1})
	id := c.OpaqueID("referral", "12345")
	if len(id) != 22 || strings.ContainsAny(id, "+/=") {
		t.Errorf("%q is not 22 characters of base64url", id)
	}
	for what, other := range map[string]string{
		"another value": c.OpaqueID("referral", "12346"), "another purpose": c.OpaqueID("appointment", "12345"),
		"another cut": c.OpaqueID("referral1", "2345"), "another citizen": citizen.New("ref", parse(t, number), [32]byte{2}).OpaqueID("referral", "12345"),
	} {
		if other == id {
			t.Errorf("%s has the same id", what)
		}
	}
	if again := citizen.New("other-ref", parse(t, "9990000026"), [32]byte{1}).OpaqueID("referral", "12345"); again != id {
		t.Error("the id depends on more than the citizen's secret")
	}
}

// Who can write to the store and has no key must not become somebody else by it.
func TestARowThatContradictsTheIDTokenIsRefused(t *testing.T) {
	ring := keys.Generate("1")
	swaps := map[string]func(a, b *citizen.Subject){
		"look-ups": func(a, b *citizen.Subject) { a.Lookup, b.Lookup = b.Lookup, a.Lookup },
		"seals":    func(a, b *citizen.Subject) { a.Sealed, b.Sealed = b.Sealed, a.Sealed },
		"both": func(a, b *citizen.Subject) {
			a.Lookup, b.Lookup, a.Sealed, b.Sealed = b.Lookup, a.Lookup, b.Sealed, a.Sealed
		},
	}
	for name, swap := range swaps {
		s := &store{subjects: map[citizen.Ref]citizen.Subject{}}
		r := registry(t, s, ring)
		a, err := r.SignIn(t.Context(), parse(t, number))
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.SignIn(t.Context(), parse(t, "9990000026"))
		if err != nil {
			t.Fatal(err)
		}
		one, two := s.subjects[a.Ref], s.subjects[b.Ref]
		swap(&one, &two)
		s.subjects[a.Ref], s.subjects[b.Ref] = one, two
		if _, err := r.SignIn(t.Context(), a.NHSNumber); !errors.Is(err, citizen.ErrContradiction) {
			t.Errorf("%s, sign-in: %v", name, err)
		}
		if _, err := r.Find(t.Context(), a.Ref); !errors.Is(err, citizen.ErrContradiction) {
			t.Errorf("%s, look-up by pseudonym: %v", name, err)
		}
	}
}
