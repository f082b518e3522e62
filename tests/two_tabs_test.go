package tests_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestTwoTabsOfOneBrowserBothSignIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, reversed := range []bool{false, true} {
		b := s.browser()
		tabs := []string{b.callback("bella"), b.callback("bella")}
		if reversed {
			slices.Reverse(tabs)
		}
		for i, back := range tabs {
			if a := b.get(back); a.Status != http.StatusSeeOther {
				t.Errorf("reversed %v, tab %d: status %d: %s", reversed, i+1, a.Status, a.Body)
			}
		}
		answered(t, b.get("/auth/session"), http.StatusOK)
	}
}

func TestTwoTabsOfOneAuditorBothSignIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, reversed := range []bool{false, true} {
		b := s.browser()
		tabs := []string{b.staffReturn("ada"), b.staffReturn("ada")}
		if reversed {
			slices.Reverse(tabs)
		}
		for i, back := range tabs {
			if a := b.get(back); a.Status != http.StatusSeeOther {
				t.Errorf("reversed %v, tab %d: status %d: %s", reversed, i+1, a.Status, a.Body)
			}
		}
		answered(t, b.get("/audit/session"), http.StatusOK)
	}
}

// A page of another site can send the browser to any callback it likes.
func TestAWrongCallbackTakesNothingFromOtherTabs(t *testing.T) {
	t.Parallel()
	s := start(t)
	b, stranger := s.browser(), s.browser()
	tab, staffTab := b.callback("bella"), b.staffReturn("ada")
	foreign := stranger.callback("sunny")
	refused(t, b.get("/auth/callback?code=c&state=FORGED"), http.StatusBadRequest, "sign_in_expired")
	refused(t, b.get(foreign), http.StatusBadRequest, "sign_in_failed")
	refused(t, b.get("/auth/callback"), http.StatusBadRequest, "sign_in_expired")
	refused(t, b.get("/audit/callback?code=c&state=FORGED"), http.StatusBadRequest, "staff_sign_in_failed")
	answered(t, b.get(tab), http.StatusSeeOther)
	answered(t, b.get(staffTab), http.StatusSeeOther)
}

// signInCookies are the names of the cookies for pending sign-ins.
func (b *browser) signInCookies(path string) []string {
	b.t.Helper()
	at, err := url.Parse(b.s.URL + path)
	if err != nil {
		b.t.Fatal(err)
	}
	var names []string
	for _, c := range b.Cookies().Cookies(at) {
		if strings.Contains(c.Name, "signin") {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestCookiesOfPendingSignInsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser()
	var last string
	for range 20 {
		last = b.callback("bella")
	}
	if n := len(b.signInCookies("/")); n == 0 || n > 8 {
		t.Errorf("%d cookies", n)
	}
	answered(t, b.get(last), http.StatusSeeOther)
	s.clock.Advance(time.Hour)
	b.begin()
	if n := len(b.signInCookies("/")); n != 1 {
		t.Errorf("%d cookies after an hour, want the new one", n)
	}
	for range 20 {
		last = b.staffReturn("ada")
	}
	if n := len(b.signInCookies("/audit")); n == 0 || n > 9 {
		t.Errorf("%d cookies of staff", n)
	}
	answered(t, b.get(last), http.StatusSeeOther)
}

func TestStaffSignInWhileDiscoveryIsDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.auditor("ada")
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Status, Status: http.StatusServiceUnavailable, Upstream: sandbox.Staff, Operation: "discovery"})
	s.clock.Advance(2 * time.Hour)
	s.auditor("ada")
}
