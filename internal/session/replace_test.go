package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

func (w *world) replace(t testing.TB, old session.ID) (string, error) {
	t.Helper()
	secret, _, err := w.Replace(t.Context(), old, audit.Entry{Kind: audit.SignedOut}, session.SignIn{
		Citizen: w.who, IDToken: keys.NewSecret("id-token-secret"), IDTokenID: "jti-2", IDTokenExpires: w.now().Add(time.Hour),
	}, audit.Entry{Kind: audit.SignedIn})
	return secret, err
}

func TestANewSessionReplacesTheOldOneOrEndsNothing(t *testing.T) {
	w := newWorld(t)
	first, old := w.start(t)
	w.store.fails = errStore
	if secret, err := w.replace(t, old.ID); !errors.Is(err, errStore) || secret != "" {
		t.Errorf("%q, %v", secret, err)
	}
	w.store.fails = nil
	if !w.lives(t, first) {
		t.Fatal("the old session ended, and there is no new one")
	}
	second, err := w.replace(t, old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if w.livesAtAll(t, first) || !w.lives(t, second) {
		t.Error("the new session is not in the old one's place")
	}
	third, err := w.replace(t, old.ID) // which has ended
	if err != nil || !w.lives(t, third) {
		t.Errorf("%v", err)
	}
	if want := []audit.Kind{audit.SignedIn, audit.SignedOut, audit.SignedIn, audit.SignedIn}; !slices.Equal(w.store.entries, want) {
		t.Errorf("the log has %v", w.store.entries)
	}
}
