package consent

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Events stay for ever, and every read replays them.
func TestAgreeingAgainToTheSameIsNoEvent(t *testing.T) {
	d := newDesk(t, v2)
	first, created, err := d.Grant(t.Context(), d.asking("app", TimelineRead, HistoryStore))
	if err != nil || !created {
		t.Fatal(err)
	}
	for range 100 {
		*d.now = d.now.Add(10 * time.Minute)
		for _, g := range []Grant{d.asking("app", TimelineRead, HistoryStore), d.asking("app", TimelineRead)} {
			if c, created, err := d.Grant(t.Context(), g); err != nil || created || c.ID != first.ID || !slices.Equal(c.Scopes, first.Scopes) {
				t.Fatalf("%+v, %v, %v", c, created, err)
			}
		}
	}
	if n := len(d.store.log); n != 1 {
		t.Errorf("%d acts are logged, want 1", n)
	}
	*d.now = d.now.Add(24 * time.Hour)
	if c, created, err := d.Grant(t.Context(), d.asking("app", TimelineRead, HistoryStore)); err != nil || created || !c.ExpiresAt.After(first.ExpiresAt) {
		t.Errorf("a day later it is not renewed: %+v, %v", c, err)
	}
}

func TestActsOfConsentHaveALimitAndWithdrawingHasNone(t *testing.T) {
	d := newDesk(t, v2)
	acts := 0
	for {
		c, _, err := d.Grant(t.Context(), d.asking("app", TimelineRead))
		if errors.Is(err, ErrTooManyActs) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Withdraw(t.Context(), ann, c.ID, client.Web, ""); err != nil {
			t.Fatal(err)
		}
		if acts += 2; acts > 100 {
			t.Fatal("there is no limit")
		}
	}
	if acts != 20 {
		t.Errorf("%d acts, want 20", acts)
	}
	*d.now = d.now.Add(time.Hour)
	if _, _, err := d.Grant(t.Context(), d.asking("app", TimelineRead)); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
