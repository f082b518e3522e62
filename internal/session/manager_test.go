package session_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

const (
	idle = 30 * time.Minute
	most = 12 * time.Hour
)

// world is a manager with its clock and its store.
type world struct {
	*session.Manager

	store *store
	ring  *keys.Ring
	who   citizen.Citizen
	nanos atomic.Int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ring, err := keys.Parse([]byte(keys.Generate("1")))
	if err != nil {
		t.Fatal(err)
	}
	number, err := citizen.ParseNHSNumber("9990000018")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: newStore(), ring: ring, who: citizen.New("ref", number, [32]byte{1})}
	w.nanos.Store(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).UnixNano())
	w.restart()
	return w
}

// restart forgets all that is in memory.
func (w *world) restart() {
	var err error
	w.Manager, err = session.NewManager(session.Deps{
		Store: w.store, Ring: w.ring, Citizens: citizens{w.who}, Now: w.now, Idle: idle, Max: most, Random: rand.Reader,
	})
	if err != nil {
		panic(err) // every dependency is there
	}
}

func (w *world) now() time.Time       { return time.Unix(0, w.nanos.Load()).UTC() }
func (w *world) pass(d time.Duration) { w.nanos.Add(int64(d)) }

func (w *world) start(t testing.TB) (string, session.Session) {
	t.Helper()
	secret, s, err := w.Start(t.Context(), session.SignIn{
		Citizen: w.who, IDToken: keys.NewSecret("id-token-secret"), IDTokenID: "jti-1", IDTokenExpires: w.now().Add(time.Hour),
	}, audit.Entry{Kind: audit.SignedIn})
	if err != nil {
		t.Fatal(err)
	}
	return secret, s
}

func (w *world) lives(t testing.TB, secret string) bool {
	t.Helper()
	_, err := w.Find(t.Context(), secret)
	if err != nil && !errors.Is(err, session.ErrNone) {
		t.Fatal(err)
	}
	return err == nil
}

// livesAtAll tries twice: the first try could bring it back for the second.
func (w *world) livesAtAll(t testing.TB, secret string) bool {
	t.Helper()
	first := w.lives(t, secret)
	return w.lives(t, secret) || first
}

func (w *world) peeks(t testing.TB, secret string) bool {
	t.Helper()
	_, err := w.Peek(t.Context(), secret)
	return err == nil
}

func TestSession(t *testing.T) {
	w := newWorld(t)
	secret, started := w.start(t)
	found, err := w.Find(t.Context(), secret)
	if err != nil || found != started || w.store.reads != 0 {
		t.Errorf("%v after %d reads of the store", err, w.store.reads)
	}
	if w.lives(t, secret+"x") || w.lives(t, "") {
		t.Error("another secret finds it")
	}
	t.Run("a restart finds it, sealed in the store", func(t *testing.T) {
		w.restart()
		found, err := w.Find(t.Context(), secret)
		if err != nil || found != started {
			t.Fatalf("%+v, %v", found, err)
		}
		for _, r := range w.store.sessions {
			if stored := fmt.Sprintf("%+v %s", r, r.Sealed); strings.Contains(stored, secret) || strings.Contains(stored, "id-token-secret") || strings.Contains(stored, "9990000018") {
				t.Error("the store could use what it keeps")
			}
			if !bytes.Equal(r.Hash[:], started.ID[:]) {
				t.Error("kept under another name")
			}
		}
	})
	t.Run("a session moved to another row does not open", func(t *testing.T) {
		other, otherSession := w.start(t)
		r := w.store.sessions[started.ID]
		r.Hash = otherSession.ID
		w.store.sessions[otherSession.ID] = r
		w.restart()
		if _, err := w.Find(t.Context(), other); err == nil || errors.Is(err, session.ErrNone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an erased citizen has none", func(t *testing.T) {
		w.who = citizen.New("somebody-else", w.who.NHSNumber, [32]byte{2})
		w.restart()
		if _, err := w.Find(t.Context(), secret); !errors.Is(err, citizen.ErrNoSubject) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nothing starts when the log cannot be written", func(t *testing.T) {
		w := newWorld(t)
		w.store.fails = errStore
		secret, _, err := w.Start(t.Context(), session.SignIn{Citizen: w.who}, audit.Entry{})
		if !errors.Is(err, errStore) || secret != "" {
			t.Errorf("%q, %v", secret, err)
		}
	})
}

func TestSessionsEndByThemselves(t *testing.T) {
	for name, restart := range map[string]func(w *world){"warm": func(*world) {}, "after a restart": func(w *world) { w.restart() }} {
		t.Run("after idle time, "+name, func(t *testing.T) {
			w := newWorld(t)
			secret, _ := w.start(t)
			for range 3 {
				w.pass(idle)
				if !w.lives(t, secret) {
					t.Fatal("ended within its idle time")
				}
				if err := w.Tidy(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(idle + time.Second)
			restart(w)
			if w.livesAtAll(t, secret) {
				t.Fatal("is still found after its idle time")
			}
		})
		t.Run("at the age limit, however much used, "+name, func(t *testing.T) {
			w := newWorld(t)
			secret, s := w.start(t)
			for w.now().Before(s.ExpiresAt.Add(-time.Minute)) {
				w.pass(time.Minute)
				if !w.lives(t, secret) {
					t.Fatalf("ended at %s of %s", w.now(), s.ExpiresAt)
				}
			}
			if err := w.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Minute)
			restart(w)
			if w.lives(t, secret) {
				t.Fatal("is still found at its age limit")
			}
		})
	}
	t.Run("peeking kept the citizen signed in", func(t *testing.T) {
		w := newWorld(t)
		secret, _ := w.start(t)
		for range 30 {
			w.pass(time.Minute)
			if !w.peeks(t, secret) {
				t.Fatal("ended too early")
			}
		}
		w.pass(time.Second)
		if w.peeks(t, secret) || w.lives(t, secret) {
			t.Error("looking kept it")
		}
	})
}

func TestEnd(t *testing.T) {
	w := newWorld(t)
	secret, s := w.start(t)
	t.Run("not while the log cannot be written", func(t *testing.T) {
		w.store.fails = errStore
		if err := w.End(t.Context(), s.ID, audit.Entry{Kind: audit.SignedOut}); !errors.Is(err, errStore) {
			t.Errorf("got %v", err)
		}
		w.store.fails = nil
		if !w.lives(t, secret) {
			t.Error("ended without an entry")
		}
	})
	if err := w.End(t.Context(), s.ID, audit.Entry{Kind: audit.SignedOut}); err != nil {
		t.Fatal(err)
	}
	if w.lives(t, secret) {
		t.Error("is still found")
	}
	if err := w.End(t.Context(), s.ID, audit.Entry{Kind: audit.SignedOut}); !errors.Is(err, session.ErrNone) {
		t.Errorf("the second time: %v", err)
	}
	if n := len(w.store.entries); n != 2 {
		t.Errorf("%d entries for one sign-in and one sign-out", n)
	}
}

func TestEndedSessionIsNotBroughtBack(t *testing.T) {
	t.Run("by a load in progress", func(t *testing.T) {
		w := newWorld(t)
		secret, s := w.start(t)
		w.restart()
		var once sync.Once
		w.store.onRead = func() { // the row was read, and now it ends
			once.Do(func() {
				if err := w.End(t.Context(), s.ID, audit.Entry{}); err != nil {
					t.Error(err)
				}
			})
		}
		if w.livesAtAll(t, secret) {
			t.Error("brought back")
		}
	})
	t.Run("by any number of them", func(t *testing.T) {
		for range 50 {
			w := newWorld(t)
			secret, s := w.start(t)
			w.restart()
			var all sync.WaitGroup
			ended := make(chan struct{})
			for range 8 {
				all.Go(func() {
					<-ended
					if _, err := w.Find(t.Context(), secret); !errors.Is(err, session.ErrNone) {
						t.Errorf("found after its end: %v", err)
					}
				})
				all.Go(func() { w.peeks(t, secret) })
			}
			if err := w.End(t.Context(), s.ID, audit.Entry{}); err != nil {
				t.Fatal(err)
			}
			close(ended)
			all.Wait()
		}
	})
	t.Run("and another process's end is seen", func(t *testing.T) {
		w := newWorld(t)
		secret, s := w.start(t)
		delete(w.store.sessions, s.ID)
		if !w.lives(t, secret) {
			t.Fatal("finding a session in memory reads the store")
		}
		w.ForgetAll()
		if w.livesAtAll(t, secret) {
			t.Error("is still found")
		}
	})
}

func TestTidy(t *testing.T) {
	t.Run("writes at most what changed", func(t *testing.T) {
		w := newWorld(t)
		used, _ := w.start(t)
		looked, _ := w.start(t)
		w.pass(time.Minute)
		w.lives(t, used)
		w.lives(t, used)
		w.peeks(t, looked)
		for range 2 {
			if err := w.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.store.touched) != 1 || len(w.store.touched[0]) != 1 || !w.store.touched[0][session.IDOf(used)].Equal(w.now()) {
			t.Errorf("wrote %v", w.store.touched)
		}
	})
	t.Run("loses nothing when the store is away", func(t *testing.T) {
		w := newWorld(t)
		secret, _ := w.start(t)
		w.pass(20 * time.Minute)
		w.lives(t, secret)
		w.store.fails = errStore
		if err := w.Tidy(t.Context()); !errors.Is(err, errStore) {
			t.Fatalf("got %v", err)
		}
		w.store.fails = nil
		if err := w.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.restart()
		w.pass(20 * time.Minute)
		if !w.lives(t, secret) {
			t.Error("its last use is lost")
		}
	})
	t.Run("another process's change loses no use either", func(t *testing.T) {
		w := newWorld(t)
		secret, _ := w.start(t)
		for range 5 {
			w.pass(20 * time.Minute)
			if !w.lives(t, secret) {
				t.Fatal("a session in use ended for idle time")
			}
			w.ForgetAll()
			if err := w.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.restart()
		if !w.lives(t, secret) {
			t.Error("its last use is lost")
		}
	})
	t.Run("forgets those that are over", func(t *testing.T) {
		w := newWorld(t)
		w.start(t)
		w.pass(idle + time.Second)
		if err := w.Tidy(t.Context()); err != nil || len(w.store.sessions) != 0 {
			t.Errorf("%d left: %v", len(w.store.sessions), err)
		}
	})
}

// TestSessionLivesAsItsUseSays compares any course of events with what the two
// limits say.
func TestSessionLivesAsItsUseSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		secret, s := w.start(t)
		lastUse, ended := w.now(), false
		for range rapid.IntRange(1, 25).Draw(rt, "events") {
			w.pass(time.Duration(rapid.IntRange(0, 40*60).Draw(rt, "seconds")) * time.Second)
			alive := !ended && w.now().Before(s.ExpiresAt) && w.now().Sub(lastUse) <= idle
			switch rapid.IntRange(0, 5).Draw(rt, "event") {
			case 0, 1:
				if got := w.lives(t, secret); got != alive {
					rt.Fatalf("used: found %v, want %v", got, alive)
				}
				if alive {
					lastUse = w.now()
				}
			case 2:
				if got := w.peeks(t, secret); got != alive {
					rt.Fatalf("peeked at: found %v, want %v", got, alive)
				}
			case 3:
				if err := w.Tidy(t.Context()); err != nil {
					rt.Fatal(err)
				}
			case 4:
				w.ForgetAll()
			case 5:
				if err := w.Tidy(t.Context()); err != nil { // as a service does at its end
					rt.Fatal(err)
				}
				w.restart()
			}
			if rapid.IntRange(0, 30).Draw(rt, "ends") == 0 {
				if err := w.End(t.Context(), s.ID, audit.Entry{}); err != nil && !errors.Is(err, session.ErrNone) {
					rt.Fatal(err)
				}
				ended = true
			}
		}
	})
}
