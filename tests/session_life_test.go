package tests_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// use keeps a session in use for d, in steps shorter than its idle time.
func (b *browser) use(d time.Duration) {
	b.t.Helper()
	const step = 20 * time.Minute
	for ; d > 0; d -= step {
		b.s.clock.Advance(min(step, d))
		answered(b.t, b.get("/v1/consents"), http.StatusOK)
	}
}

// prompt is what the next sign-in asks of NHS login.
func (b *browser) prompt() string {
	b.t.Helper()
	return b.begin().Query().Get("prompt")
}

func TestASessionThatNobodyUsesEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	s.clock.Advance(29 * time.Minute)
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	s.clock.Advance(29 * time.Minute)
	answered(t, b.get("/auth/session"), http.StatusOK) // asking keeps nobody signed in
	s.clock.Advance(2 * time.Minute)
	refused(t, b.get("/v1/timeline"), http.StatusUnauthorized, "session_expired")
	refused(t, b.get("/auth/session"), http.StatusUnauthorized, "session_expired")
	if p := b.prompt(); p != "login" {
		t.Errorf("the next sign-in sends prompt %q, want login", p)
	}
}

func TestNoSessionOutlivesTwelveHours(t *testing.T) {
	t.Parallel()
	b := start(t).signedIn("bella")
	b.use(12*time.Hour - time.Minute)
	b.s.clock.Advance(2 * time.Minute)
	refused(t, b.get("/v1/consents"), http.StatusUnauthorized, "session_expired")
	if p := b.prompt(); p != "login" {
		t.Errorf("the next sign-in sends prompt %q, want login", p)
	}
}

func TestAfterSignOutNHSLoginAsksForThePassword(t *testing.T) {
	t.Parallel()
	b := start(t).signedIn("bella")
	answered(t, b.post("/auth/logout", nil), http.StatusNoContent)
	if p := b.prompt(); p != "login" {
		t.Errorf("the next sign-in sends prompt %q, want login", p)
	}
	answered(t, b.signIn("bella"), http.StatusOK)
	if p := b.prompt(); p != "none" {
		t.Errorf("signed in, the next one sends prompt %q, want none", p)
	}
}

func TestWhenTheIDTokenHasEndedOnlyNHSLoginCanHelp(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.consented("bella")
	answered(t, b.get("/v1/timeline"), http.StatusOK)
	b.use(61 * time.Minute)

	a := b.get("/v1/timeline")
	refused(t, a, http.StatusUnauthorized, "reauthentication_required")
	if !strings.Contains(a.Header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
		t.Error("no challenge of RFC 9470")
	}
	if v := read[struct{ ReauthenticationNeeded bool }](t, b.get("/auth/session").Body); !v.ReauthenticationNeeded {
		t.Error("the session does not say so")
	}
	refused(t, b.post("/v1/timeline/refresh", nil), http.StatusUnauthorized, "reauthentication_required")

	t.Run("and where it still knows the citizen nobody types anything", func(t *testing.T) {
		b := b.in(t)
		at := b.begin()
		if p := at.Query().Get("prompt"); p != "none" {
			t.Fatalf("prompt is %q, want none", p)
		}
		answered(t, b.get(b.comeBack(at, nil)), http.StatusSeeOther)
		answered(t, b.get("/v1/timeline"), http.StatusOK)
	})
}

func TestASilentSignInThatFailsGoesOnInTheOpen(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.signedIn("bella")
	if p := b.prompt(); p != "none" {
		t.Fatalf("prompt is %q, want none", p)
	}
	for _, code := range []string{"login_required", "interaction_required", "consent_required", "account_selection_required", "sso_login_required", "access_denied"} {
		t.Run(code, func(t *testing.T) {
			b := b.in(t)
			again := b.get("/auth/callback?" + query("error", code, "state", b.begin().Query().Get("state")).Encode())
			answered(t, again, http.StatusFound)
			at := parse(t, again.Header.Get("Location"))
			if at.Query().Has("prompt") {
				t.Errorf("prompt is %q, want none at all", at.Query().Get("prompt"))
			}
			done := b.get(b.comeBack(at, query("sandbox_citizen", "bella")))
			if done.Status != http.StatusSeeOther || done.Header.Get("Location") != "/auth/session" {
				t.Errorf("status %d to %q, want where the citizen was", done.Status, done.Header.Get("Location"))
			}
		})
	}
}
