package tests_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestOnlyAuditorsReadTheLog(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("bella").Get("/v1/timeline")

	t.Run("nobody", func(t *testing.T) {
		b := s.Browser()
		for _, path := range auditPaths() {
			harness.Refused(t, b.Get(path), http.StatusUnauthorized, "staff_sign_in_required")
		}
		harness.Refused(t, searchByNumber(b, s.Number("bella"), reasonForLooking), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("a citizen's session opens nothing", func(t *testing.T) {
		b := s.SignedIn("bella")
		for _, path := range auditPaths() {
			harness.Refused(t, b.Get(path), http.StatusUnauthorized, "staff_sign_in_required")
		}
	})
	t.Run("nor does their secret in the staff's cookie, nor any bearer token", func(t *testing.T) {
		b := s.SignedIn("bella")
		at, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookiesOf(b, at) {
			stranger := s.Browser()
			harness.Refused(t, stranger.Get("/audit/v1/entries", "Cookie", "pca_staff="+c.Value), http.StatusUnauthorized, "staff_sign_in_required")
		}
		auditor := s.Auditor("ada")
		harness.Refused(t, auditor.Get("/audit/v1/entries", "Authorization", "Bearer x"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("an auditor's session shows nobody's timeline", func(t *testing.T) {
		harness.Refused(t, s.Auditor("ada").Get("/v1/timeline"), http.StatusUnauthorized, "sign_in_required")
	})
	t.Run("another role is refused, and that stands in the log", func(t *testing.T) {
		for _, name := range []string{"olu", "nell"} {
			b := s.Browser()
			harness.Refused(t, b.StaffSignIn(name), http.StatusForbidden, "role_required")
			harness.Refused(t, b.Get("/audit/v1/entries"), http.StatusUnauthorized, "staff_sign_in_required")
		}
		refusals := entriesOf(s, audit.SignInRefused)
		if n := len(refusals); n != 2 || refusals[0].Reason != "role_required" || refusals[0].Actor == refusals[1].Actor {
			t.Errorf("the log has %+v", refusals)
		}
	})
}

func TestAStaffSignInServesOnceAndInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	t.Run("the same return twice", func(t *testing.T) {
		b := s.Browser()
		back := b.StaffReturn("ada")
		harness.Answered(t, b.Get(back), http.StatusSeeOther)
		harness.Refused(t, b.Get(back), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("in another browser", func(t *testing.T) {
		back := s.Browser().StaffReturn("ada")
		harness.Refused(t, s.Browser().Get(back), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("a state or a code that was made up", func(t *testing.T) {
		b := s.Browser()
		harness.Refused(t, b.Get("/audit/callback?state=x&code=y"), http.StatusBadRequest, "staff_sign_in_failed")
		back, err := url.Parse(b.StaffReturn("ada"))
		if err != nil {
			t.Fatal(err)
		}
		q := back.Query()
		q.Set("code", "forged")
		back.RawQuery = q.Encode()
		harness.Refused(t, b.Get(back.String()), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("a provider in trouble lets nobody in", func(t *testing.T) {
		b := s.Browser()
		back := b.StaffReturn("ada")
		cancel := s.Sandbox.Order(sandbox.Fault{Upstream: sandbox.Staff, Operation: "token", Kind: sandbox.Status, Status: http.StatusServiceUnavailable})
		defer cancel()
		harness.Refused(t, b.Get(back), http.StatusServiceUnavailable, "staff_sign_in_unavailable")
	})
}

func TestAStaffSessionEnds(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Env("PCA_STAFF_ROLES", "auditor=count+read+search+records,counter=count"))
	again := func(b *harness.Browser) {
		t.Helper()
		harness.Answered(t, b.StaffSignIn("nobody"), http.StatusSeeOther) // nobody is asked
	}
	t.Run("when nobody uses it", func(t *testing.T) {
		b := s.Auditor("ada")
		s.Clock.Advance(14 * time.Minute)
		harness.Answered(t, b.Get("/audit/session"), http.StatusOK)
		s.Clock.Advance(30*time.Minute + time.Second)
		harness.Refused(t, b.Get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
		if at := b.Get("/audit/login").Header.Get("Location"); !strings.Contains(at, "prompt=login") {
			t.Errorf("nobody is asked who they are: %s", at)
		}
	})
	t.Run("after a working day, with a question of the provider only at its beginning", func(t *testing.T) {
		b := s.Auditor("ada")
		for range 32 - 1 {
			s.Clock.Advance(15 * time.Minute)
			harness.Refused(t, b.Get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
			again(b)
			harness.Answered(t, b.Get("/audit/session"), http.StatusOK)
		}
		s.Clock.Advance(15 * time.Minute)
		harness.Refused(t, b.Get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
		if at := b.Get("/audit/login").Header.Get("Location"); !strings.Contains(at, "prompt=login") {
			t.Errorf("nobody is asked who they are: %s", at)
		}
	})
	t.Run("when the last role is taken away, within a quarter of an hour; a role that is left stays", func(t *testing.T) {
		b := s.Auditor("cal")
		harness.Answered(t, b.Get("/audit/v1/entries"), http.StatusOK)
		s.Sandbox.SetStaffRoles("cal", "counter")
		s.Clock.Advance(15 * time.Minute)
		harness.Refused(t, b.Get("/audit/v1/entries"), http.StatusUnauthorized, "staff_sign_in_required")
		again(b)
		harness.Refused(t, b.Get("/audit/v1/entries"), http.StatusForbidden, "role_required")
		harness.Answered(t, b.Get("/audit/v1/statistics"), http.StatusOK)
		s.Sandbox.SetStaffRoles("cal")
		s.Clock.Advance(15 * time.Minute)
		harness.Refused(t, b.StaffSignIn("nobody"), http.StatusForbidden, "role_required")
		harness.Refused(t, b.Get("/audit/v1/statistics"), http.StatusUnauthorized, "staff_sign_in_required")
		refused := entriesOf(s, audit.SignInRefused)
		if len(refused) != 1 || refused[0].Reason != "role_required" {
			t.Errorf("%+v", refused)
		}
	})
	t.Run("when the provider no longer knows the person, who is asked then", func(t *testing.T) {
		b := s.Auditor("ada")
		s.Sandbox.ForgetStaffSessions()
		s.Clock.Advance(15 * time.Minute)
		a := b.StaffSignIn("nobody")
		harness.Answered(t, a, http.StatusSeeOther)
		if a.Header.Get("Location") != "/audit/login" {
			t.Errorf("on to %s", a.Header.Get("Location"))
		}
		if at := b.Get("/audit/login").Header.Get("Location"); !strings.Contains(at, "prompt=login") {
			t.Errorf("nobody is asked: %s", at)
		}
	})
	t.Run("and who signed out in another tab does not come back without a question", func(t *testing.T) {
		b := s.Auditor("ada")
		back := b.StaffReturn("nobody")
		harness.Answered(t, b.Post("/audit/logout", nil), http.StatusNoContent)
		a := b.Get(back)
		harness.Answered(t, a, http.StatusSeeOther)
		if a.Header.Get("Location") != "/audit/login" {
			t.Errorf("on to %s", a.Header.Get("Location"))
		}
		harness.Refused(t, b.Get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("at sign-out, which is in the log", func(t *testing.T) {
		b := s.Auditor("ada")
		harness.Answered(t, b.Post("/audit/logout", nil), http.StatusNoContent)
		harness.Answered(t, b.Post("/audit/logout", nil), http.StatusNoContent)
		harness.Refused(t, b.Get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
		if outs := entriesOf(s, audit.SignedOut); len(outs) != 2 || !strings.HasPrefix(string(outs[0].Actor), "staff:") {
			t.Errorf("the log has %+v", outs)
		}
	})
}

func TestWithoutAStaffProviderThereIsNoAuditorsSide(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, func(o *local.Options) {
		o.Env = map[string]string{"PCA_STAFF_ISSUER": "", "PCA_STAFF_CLIENT_ID": "", "PCA_STAFF_CLIENT_SECRET": ""}
	})
	b := s.PlainBrowser()
	for _, path := range append(auditPaths(), "/audit/login", "/audit/callback") {
		harness.Answered(t, b.Get(path), http.StatusNotFound)
	}
}
