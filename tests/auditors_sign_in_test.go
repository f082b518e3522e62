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
)

func TestOnlyAuditorsReadTheLog(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.consented("bella").get("/v1/timeline")

	t.Run("nobody", func(t *testing.T) {
		b := s.browser()
		for _, path := range auditPaths() {
			refused(t, b.get(path), http.StatusUnauthorized, "staff_sign_in_required")
		}
		refused(t, b.search(s.number("bella"), reasonForLooking), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("a citizen's session opens nothing", func(t *testing.T) {
		b := s.signedIn("bella")
		for _, path := range auditPaths() {
			refused(t, b.get(path), http.StatusUnauthorized, "staff_sign_in_required")
		}
	})
	t.Run("nor does their secret in the staff's cookie, nor any bearer token", func(t *testing.T) {
		b := s.signedIn("bella")
		at, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b.cookies(at) {
			stranger := s.browser()
			refused(t, stranger.get("/audit/v1/entries", "Cookie", "pca_staff="+c.Value), http.StatusUnauthorized, "staff_sign_in_required")
		}
		auditor := s.auditor("ada")
		refused(t, auditor.get("/audit/v1/entries", "Authorization", "Bearer x"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("an auditor's session shows nobody's timeline", func(t *testing.T) {
		refused(t, s.auditor("ada").get("/v1/timeline"), http.StatusUnauthorized, "sign_in_required")
	})
	t.Run("another role is refused, and that stands in the log", func(t *testing.T) {
		for _, name := range []string{"olu", "nell"} {
			b := s.browser()
			refused(t, b.staffSignIn(name), http.StatusForbidden, "role_required")
			refused(t, b.get("/audit/v1/entries"), http.StatusUnauthorized, "staff_sign_in_required")
		}
		refusals := s.entries(audit.SignInRefused)
		if n := len(refusals); n != 2 || refusals[0].Reason != "role_required" || refusals[0].Actor == refusals[1].Actor {
			t.Errorf("the log has %+v", refusals)
		}
	})
}

func TestAStaffSignInServesOnceAndInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("the same return twice", func(t *testing.T) {
		b := s.browser()
		back := b.staffReturn("ada")
		answered(t, b.get(back), http.StatusSeeOther)
		refused(t, b.get(back), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("in another browser", func(t *testing.T) {
		back := s.browser().staffReturn("ada")
		refused(t, s.browser().get(back), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("a state or a code that was made up", func(t *testing.T) {
		b := s.browser()
		refused(t, b.get("/audit/callback?state=x&code=y"), http.StatusBadRequest, "staff_sign_in_failed")
		back, err := url.Parse(b.staffReturn("ada"))
		if err != nil {
			t.Fatal(err)
		}
		q := back.Query()
		q.Set("code", "forged")
		back.RawQuery = q.Encode()
		refused(t, b.get(back.String()), http.StatusBadRequest, "staff_sign_in_failed")
	})
	t.Run("a provider in trouble lets nobody in", func(t *testing.T) {
		b := s.browser()
		back := b.staffReturn("ada")
		cancel := s.Sandbox.Order(sandbox.Fault{Upstream: sandbox.Staff, Operation: "token", Kind: sandbox.Status, Status: http.StatusServiceUnavailable})
		defer cancel()
		refused(t, b.get(back), http.StatusServiceUnavailable, "staff_sign_in_unavailable")
	})
}

func TestAStaffSessionEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("when nobody uses it", func(t *testing.T) {
		b := s.auditor("ada")
		s.clock.Advance(30 * time.Minute)
		answered(t, b.get("/audit/session"), http.StatusOK)
		s.clock.Advance(30*time.Minute + time.Second)
		refused(t, b.get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("after a working day", func(t *testing.T) {
		b := s.auditor("ada")
		for range 15 {
			s.clock.Advance(30 * time.Minute)
			answered(t, b.get("/audit/session"), http.StatusOK)
		}
		s.clock.Advance(30 * time.Minute)
		refused(t, b.get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
	})
	t.Run("at sign-out, which is in the log", func(t *testing.T) {
		b := s.auditor("ada")
		answered(t, b.post("/audit/logout", nil), http.StatusNoContent)
		answered(t, b.post("/audit/logout", nil), http.StatusNoContent)
		refused(t, b.get("/audit/session"), http.StatusUnauthorized, "staff_sign_in_required")
		if outs := s.entries(audit.SignedOut); len(outs) != 1 || !strings.HasPrefix(string(outs[0].Actor), "staff:") {
			t.Errorf("the log has %+v", outs)
		}
	})
}

func TestWithoutAStaffProviderThereIsNoAuditorsSide(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *local.Options) {
		o.Env = map[string]string{"PCA_STAFF_ISSUER": "", "PCA_STAFF_CLIENT_ID": "", "PCA_STAFF_CLIENT_SECRET": ""}
	})
	b := s.plainBrowser()
	for _, path := range append(auditPaths(), "/audit/login", "/audit/callback") {
		answered(t, b.get(path), http.StatusNotFound)
	}
}
