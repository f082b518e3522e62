package tests_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// useFor keeps a session in use for d, in steps shorter than its idle time.
func useFor(b *harness.Browser, d time.Duration) {
	b.T.Helper()
	const step = 20 * time.Minute
	for ; d > 0; d -= step {
		b.Service.Clock.Advance(min(step, d))
		harness.Answered(b.T, b.Get("/v1/consents"), http.StatusOK)
	}
}

// promptOf is what the next sign-in asks of NHS login.
func promptOf(b *harness.Browser) string {
	b.T.Helper()
	return beginSignIn(b).Query().Get("prompt")
}

func TestASessionThatNobodyUsesEnds(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	s.Clock.Advance(29 * time.Minute)
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	s.Clock.Advance(29 * time.Minute)
	harness.Answered(t, b.Get("/auth/session"), http.StatusOK) // asking keeps nobody signed in
	s.Clock.Advance(2 * time.Minute)
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusUnauthorized, "session_expired")
	harness.Refused(t, b.Get("/auth/session"), http.StatusUnauthorized, "session_expired")
	if p := promptOf(b); p != "login" {
		t.Errorf("the next sign-in sends prompt %q, want login", p)
	}
}

func TestNoSessionOutlivesTwelveHours(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	useFor(b, 12*time.Hour-time.Minute)
	b.Service.Clock.Advance(2 * time.Minute)
	harness.Refused(t, b.Get("/v1/consents"), http.StatusUnauthorized, "session_expired")
	if p := promptOf(b); p != "login" {
		t.Errorf("the next sign-in sends prompt %q, want login", p)
	}
}

func TestSigningInAgainEndsTheOldSession(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("bella")
	harness.Answered(t, b.SignIn("bella"), http.StatusOK)
	got := entriesOf(s, audit.SignedIn, audit.SignedOut)
	if len(got) != 3 || got[1].Kind != audit.SignedOut || got[1].Reason != "signed_in_again" || got[1].Citizen != got[2].Citizen {
		t.Errorf("the log has %+v", got)
	}
	harness.Answered(t, b.Get("/v1/consents"), http.StatusOK)
}

func TestAfterSignOutNHSLoginAsksForThePassword(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)
	if p := promptOf(b); p != "login" {
		t.Errorf("the next sign-in sends prompt %q, want login", p)
	}
	harness.Answered(t, b.SignIn("bella"), http.StatusOK)
	if p := promptOf(b); p != "none" {
		t.Errorf("signed in, the next one sends prompt %q, want none", p)
	}
}

func TestWhenTheIDTokenHasEndedOnlyNHSLoginCanHelp(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	useFor(b, 61*time.Minute)

	a := b.Get("/v1/timeline")
	harness.Refused(t, a, http.StatusUnauthorized, "reauthentication_required")
	if !strings.Contains(a.Header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
		t.Error("no challenge of RFC 9470")
	}
	if v := harness.Read[struct{ ReauthenticationNeeded bool }](t, b.Get("/auth/session").Body); !v.ReauthenticationNeeded {
		t.Error("the session does not say so")
	}
	harness.Refused(t, b.Post("/v1/timeline/refresh", nil), http.StatusUnauthorized, "reauthentication_required")

	t.Run("and where it still knows the citizen nobody types anything", func(t *testing.T) {
		b := b.In(t)
		at := beginSignIn(b)
		if p := at.Query().Get("prompt"); p != "none" {
			t.Fatalf("prompt is %q, want none", p)
		}
		harness.Answered(t, b.Get(comeBack(b, at, nil)), http.StatusSeeOther)
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
	})
}

func TestASilentSignInThatFailsGoesOnInTheOpen(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("bella")
	if p := promptOf(b); p != "none" {
		t.Fatalf("prompt is %q, want none", p)
	}
	for _, code := range []string{"login_required", "interaction_required", "consent_required", "account_selection_required", "sso_login_required", "access_denied"} {
		t.Run(code, func(t *testing.T) {
			b := b.In(t)
			again := b.Get("/auth/callback?" + harness.Query("error", code, "state", beginSignIn(b).Query().Get("state")).Encode())
			harness.Answered(t, again, http.StatusFound)
			at := parse(t, again.Header.Get("Location"))
			if at.Query().Has("prompt") {
				t.Errorf("prompt is %q, want none at all", at.Query().Get("prompt"))
			}
			done := b.Get(comeBack(b, at, harness.Query("sandbox_citizen", "bella")))
			if done.Status != http.StatusSeeOther || done.Header.Get("Location") != "/auth/session" {
				t.Errorf("status %d to %q, want where the citizen was", done.Status, done.Header.Get("Location"))
			}
		})
	}
}
