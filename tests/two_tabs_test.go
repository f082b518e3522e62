package tests_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestTwoTabsOfOneBrowserBothSignIn(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for _, reversed := range []bool{false, true} {
		b := s.Browser()
		tabs := []string{callbackOf(b, "bella"), callbackOf(b, "bella")}
		if reversed {
			slices.Reverse(tabs)
		}
		for i, back := range tabs {
			if a := b.Get(back); a.Status != http.StatusSeeOther {
				t.Errorf("reversed %v, tab %d: status %d: %s", reversed, i+1, a.Status, a.Body)
			}
		}
		harness.Answered(t, b.Get("/auth/session"), http.StatusOK)
	}
}

func TestTwoTabsOfOneAuditorBothSignIn(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for _, reversed := range []bool{false, true} {
		b := s.Browser()
		tabs := []string{b.StaffReturn("ada"), b.StaffReturn("ada")}
		if reversed {
			slices.Reverse(tabs)
		}
		for i, back := range tabs {
			if a := b.Get(back); a.Status != http.StatusSeeOther {
				t.Errorf("reversed %v, tab %d: status %d: %s", reversed, i+1, a.Status, a.Body)
			}
		}
		harness.Answered(t, b.Get("/audit/session"), http.StatusOK)
	}
}

// A page of another site can send the browser to any callback it likes.
func TestAWrongCallbackTakesNothingFromOtherTabs(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b, stranger := s.Browser(), s.Browser()
	tab, staffTab := callbackOf(b, "bella"), b.StaffReturn("ada")
	foreign := callbackOf(stranger, "sunny")
	harness.Refused(t, b.Get("/auth/callback?code=c&state=FORGED"), http.StatusBadRequest, "sign_in_expired")
	harness.Refused(t, b.Get(foreign), http.StatusBadRequest, "sign_in_failed")
	harness.Refused(t, b.Get("/auth/callback"), http.StatusBadRequest, "sign_in_expired")
	harness.Refused(t, b.Get("/audit/callback?code=c&state=FORGED"), http.StatusBadRequest, "staff_sign_in_failed")
	harness.Answered(t, b.Get(tab), http.StatusSeeOther)
	harness.Answered(t, b.Get(staffTab), http.StatusSeeOther)
}

// signInCookiesOf are the names of the cookies for pending sign-ins.
func signInCookiesOf(b *harness.Browser, path string) []string {
	b.T.Helper()
	at, err := url.Parse(b.URL + path)
	if err != nil {
		b.T.Fatal(err)
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
	s := harness.Start(t)
	b := s.Browser()
	var last string
	for range 20 {
		last = callbackOf(b, "bella")
	}
	if n := len(signInCookiesOf(b, "/")); n == 0 || n > 8 {
		t.Errorf("%d cookies", n)
	}
	harness.Answered(t, b.Get(last), http.StatusSeeOther)
	s.Clock.Advance(time.Hour)
	beginSignIn(b)
	if n := len(signInCookiesOf(b, "/")); n != 1 {
		t.Errorf("%d cookies after an hour, want the new one", n)
	}
	for range 20 {
		last = b.StaffReturn("ada")
	}
	if n := len(signInCookiesOf(b, "/audit")); n == 0 || n > 9 {
		t.Errorf("%d cookies of staff", n)
	}
	harness.Answered(t, b.Get(last), http.StatusSeeOther)
}

func TestStaffSignInWhileDiscoveryIsDown(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Auditor("ada")
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.Status, Status: http.StatusServiceUnavailable, Upstream: sandbox.Staff, Operation: "discovery"})
	s.Clock.Advance(2 * time.Hour)
	s.Auditor("ada")
}
