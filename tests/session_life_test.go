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

func TestSilentRenewalsDoNotMoveTheTwelveHours(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.SignedIn("bella")
	began := s.Clock.Now()
	useFor(b, 3*time.Hour+40*time.Minute)
	at := beginSignIn(b)
	if p := at.Query().Get("prompt"); p != "none" {
		t.Fatalf("prompt is %q, want none", p)
	}
	harness.Answered(t, b.Get(comeBack(b, at, nil)), http.StatusSeeOther)
	if v := harness.Read[struct{ ExpiresAt time.Time }](t, b.Get("/auth/session").Body); !v.ExpiresAt.Equal(began.Add(12 * time.Hour)) {
		t.Errorf("the session ends %s after the full sign-in", v.ExpiresAt.Sub(began))
	}
	useFor(b, began.Add(12*time.Hour-4*time.Minute).Sub(s.Clock.Now()))
	if p := promptOf(b); p != "login" {
		t.Errorf("four minutes before the end prompt is %q, want login", p)
	}
	s.Clock.Advance(4 * time.Minute)
	harness.Refused(t, b.Get("/v1/consents"), http.StatusUnauthorized, "session_expired")
}

func TestASilentRenewalThatBringsSomebodyElseStops(t *testing.T) {
	t.Parallel()
	for _, openly := range []bool{false, true} {
		s := harness.Start(t)
		b := s.Consented("bella")
		harness.Answered(t, b.Get("/v1/timeline"), http.StatusOK)
		other := beginSignIn(s.Browser())
		comeBack(b, other, harness.Query("sandbox_citizen", "eleni")) // at NHS login, for another service
		useFor(b, 61*time.Minute)
		at := beginSignIn(b)
		if openly { // NHS login wanted to ask, and then it did not
			again := b.Get("/auth/callback?" + harness.Query("error", "login_required", "state", at.Query().Get("state")).Encode())
			harness.Answered(t, again, http.StatusFound)
			at = parse(t, again.Header.Get("Location"))
		}
		back := comeBack(b, at, nil)
		for range 2 { // and when it is reloaded
			harness.Refused(t, b.Get(back), http.StatusForbidden, "another_person")
			isSignedOut(b)
		}
		got := entriesOf(s, audit.SignedIn, audit.SignedOut, audit.SignInRefused)
		if len(got) != 3 || got[1].Reason != "another_person" || got[1].Citizen != got[0].Citizen || got[2].Reason != "another_person" || got[2].Citizen != "" {
			t.Errorf("the log has %+v", got)
		}
		if p := promptOf(b); p != "login" {
			t.Errorf("the next sign-in sends prompt %q, want login", p)
		}
		harness.Answered(t, b.SignIn("eleni"), http.StatusOK) // in full, it is theirs to do
	}
}

func TestASilentRenewalAfterSignOutAsksForThePassword(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).SignedIn("bella")
	back := comeBack(b, beginSignIn(b), nil)
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)
	again := b.Get(back)
	harness.Answered(t, again, http.StatusFound)
	if p := parse(t, again.Header.Get("Location")).Query().Get("prompt"); p != "login" {
		t.Errorf("prompt is %q, want login", p)
	}
	isSignedOut(b)
}

func TestAReloadedCallbackLeadsToWhereItsSignInEnded(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Browser()
	back := callbackOf(b, "bella")
	for range 3 {
		a := b.Get(back)
		if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/auth/session" {
			t.Fatalf("status %d to %q: %s", a.Status, a.Header.Get("Location"), a.Body)
		}
	}
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)
	harness.Refused(t, b.Get(back), http.StatusBadRequest, "sign_in_expired") // nobody is signed in by it
	harness.Refused(t, s.SignedIn("bella").Get(back), http.StatusBadRequest, "sign_in_expired")
	refused := callbackOf(b, "yusuf")
	for range 3 {
		harness.Refused(t, b.Get(refused), http.StatusForbidden, "under_16")
	}
	if got := entriesOf(s, audit.SignInRefused); len(got) != 1 {
		t.Errorf("the log has %+v", got)
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

	t.Run("whatever another device of the citizen has left in the cache", func(t *testing.T) {
		harness.Answered(t, s.SignedIn("bella").In(t).Get("/v1/timeline"), http.StatusOK)
		b := b.In(t)
		for _, path := range []string{"/v1/timeline", "/v1/referrals"} {
			harness.Refused(t, b.Get(path), http.StatusUnauthorized, "reauthentication_required")
		}
	})
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
