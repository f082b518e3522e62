package session_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func TestSignInIsTakenOnce(t *testing.T) {
	w := newWorld(t)
	signIns := &session.SignIns{Store: w.store, Ring: w.ring, Now: w.now}
	pending := session.Pending{Nonce: "nonce-secret", CodeVerifier: "verifier-secret", FreshSince: w.now(), Silent: true, ReturnTo: "/timeline", Binding: "binding-secret"}
	state, err := signIns.Begin(t.Context(), pending)
	if err != nil {
		t.Fatal(err)
	}
	for hash, sealed := range w.store.values {
		if strings.Contains(string(sealed)+string(hash[:]), "secret") || strings.Contains(string(sealed), state) {
			t.Error("the store could use what it keeps")
		}
	}
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			got, err := signIns.Finish(t.Context(), state)
			switch {
			case err == nil:
				taken.Add(1)
				if diff := cmp.Diff(pending, got); diff != "" {
					t.Error(diff)
				}
			case !errors.Is(err, session.ErrNone):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := taken.Load(); n != 1 {
		t.Errorf("taken %d times", n)
	}
	t.Run("by its own state alone", func(t *testing.T) {
		for _, state := range []string{"", "x", strings.Repeat("x", 10_000)} {
			if _, err := signIns.Finish(t.Context(), state); !errors.Is(err, session.ErrNone) {
				t.Errorf("%.10q: %v", state, err)
			}
		}
		one, err := signIns.Begin(t.Context(), pending)
		if err != nil {
			t.Fatal(err)
		}
		other, err := signIns.Begin(t.Context(), pending)
		if err != nil || one == other {
			t.Fatalf("two sign-ins have one state: %v", err)
		}
		// Somebody swaps the rows: what is sealed for one opens for no other.
		a, b := sha256.Sum256([]byte(one)), sha256.Sum256([]byte(other))
		w.store.values[a], w.store.values[b] = w.store.values[b], w.store.values[a]
		for _, state := range []string{one, other} {
			if _, err := signIns.Finish(t.Context(), state); !errors.Is(err, keys.ErrNotOpened) {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("not when the store is away", func(t *testing.T) {
		w.store.fails = errStore
		if _, err := signIns.Begin(t.Context(), pending); !errors.Is(err, errStore) {
			t.Errorf("got %v", err)
		}
		if err := signIns.Tidy(t.Context()); !errors.Is(err, errStore) {
			t.Errorf("got %v", err)
		}
	})
	if session.PendingLife < 10*time.Minute {
		t.Error("NHS login's code lives 10 minutes")
	}
}
