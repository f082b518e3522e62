package tests_test

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// deployment is a way to run the service.
type deployment struct {
	change func(*local.Options)
	sender func(*http.Request)      // changes each request to the service
	after  func(s *harness.Service) // asserts what is special here
	keyAt  string                   // the checkpoint key; empty: beside the database
}

// deployments are the ways to run the service.
func deployments() map[string]func(t *testing.T) deployment {
	return map[string]func(t *testing.T) deployment{
		"as it comes": func(*testing.T) deployment { return deployment{} },
		"the checkpoint key in another folder": func(t *testing.T) deployment {
			file := filepath.Join(t.TempDir(), "checkpoint.key")
			return deployment{change: harness.Env("PCA_AUDIT_CHECKPOINT_KEY_FILE", file), keyAt: file}
		},
		"behind a proxy that many people share": func(*testing.T) deployment { return behindAProxy() },
		"no limits": func(*testing.T) deployment {
			return deployment{change: harness.Env("PCA_RATE_LIMIT_GLOBAL", "off", "PCA_RATE_LIMIT_CITIZEN", "off", "PCA_RATE_LIMIT_CLIENT", "off", "PCA_RATE_LIMIT_ADDRESS", "off")}
		},
		"while a key of the ring is replaced": func(t *testing.T) deployment {
			ring := filepath.Join(t.TempDir(), "ring.txt")
			writeFile(t, ring, keys.Generate("new")+keys.Generate("old"))
			return deployment{change: harness.Env("PCA_SECRET_KEY_FILE", ring)}
		},
		"English alone": func(*testing.T) deployment { return deployment{change: harness.Env("PCA_LANGUAGES", "en")} },
	}
}

func behindAProxy() deployment {
	var people atomic.Int64
	return deployment{
		// By the proxy's own address the third request would be too many.
		change: harness.Env("PCA_TRUSTED_PROXIES", "127.0.0.1", "PCA_RATE_LIMIT_ADDRESS", "2-H"),
		sender: func(r *http.Request) {
			n := people.Add(1)
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.%d.%d", n/256, n%256))
		},
		after: func(s *harness.Service) {
			b := s.Browser()
			for range 2 {
				harness.Answered(s.T, b.Get("/v1/privacy-notice", "X-Forwarded-For", "198.51.100.7"), http.StatusOK)
			}
			harness.Refused(s.T, b.Get("/v1/privacy-notice", "X-Forwarded-For", "198.51.100.7"), http.StatusTooManyRequests, "rate_limited")
		},
	}
}

// TestAJourneyIsTheSameInEveryDeployment makes one journey through the whole API in
// every place where operators may run the service, with everything that its clients
// may do beside it.
func TestAJourneyIsTheSameInEveryDeployment(t *testing.T) {
	t.Parallel()
	for name, place := range deployments() {
		for happens, beside := range map[string]func(*harness.Browser){
			"nothing beside": func(*harness.Browser) {},
			"a second tab that signs in again and again": func(b *harness.Browser) { harness.Answered(b.T, b.SignIn("bella"), http.StatusOK) },
			"a client that hangs up":                     hangUp,
		} {
			t.Run(name+", "+happens, func(t *testing.T) {
				t.Parallel()
				journeyIn(t, place(t), beside)
			})
		}
	}
}

func journeyIn(t *testing.T, d deployment, beside func(*harness.Browser)) {
	t.Helper()
	var change []func(*local.Options)
	if d.change != nil {
		change = append(change, d.change)
	}
	s := harness.Start(t, change...)
	b, auditor := s.Browser(), s.Browser()
	if d.sender != nil {
		b.Through(&sender{host: host(t, s.URL), change: d.sender})
		auditor.Through(&sender{host: host(t, s.URL), change: d.sender})
	}
	wholeJourney(b, func() { beside(b) })
	if d.after != nil {
		d.after(s)
	}
	provedUnder(s, auditor, cmp.Or(d.keyAt, s.DatabasePath()+".checkpoint-key"))
}

// wholeJourney is all that a citizen can do, with something happening between the
// steps.
func wholeJourney(b *harness.Browser, beside func()) {
	t := b.T
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusUnauthorized, "sign_in_required")
	harness.Answered(t, b.SignIn("bella"), http.StatusOK)
	beside()
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
	consent := harness.Read[consentView](t, b.Consent().Body).ID
	beside()
	a := b.Get("/v1/timeline")
	harness.Answered(t, a, http.StatusOK)
	shown := harness.Read[view](t, a.Body).Referrals
	if len(shown) != 1 {
		t.Fatalf("%d referrals: %s", len(shown), a.Body)
	}
	beside()
	harness.Answered(t, b.Get("/v1/timeline", "If-None-Match", a.Header.Get("ETag")), http.StatusNotModified)
	harness.Answered(t, b.Get("/v1/referrals/"+shown[0].ID), http.StatusOK)
	beside()
	harness.Answered(t, b.Delete("/v1/consents/"+consent), http.StatusNoContent)
	harness.Refused(t, b.Get("/v1/timeline"), http.StatusForbidden, "consent_required")
	beside()
	log := readAccessLog(b, "?limit=100").Entries
	if len(log) == 0 {
		t.Error("the citizen's access log is empty")
	}
	harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)
	isSignedOut(b)
}

// provedUnder asserts that nothing alarmed anybody, that the log is whole, and that
// an auditor's checkpoint is signed with the key in that file.
func provedUnder(s *harness.Service, auditor *harness.Browser, keyPath string) {
	s.T.Helper()
	if got := metricOf(s, "pca_audit_failures_total"); got != "0" {
		s.T.Errorf("the log could not be written %s times", got)
	}
	if len(entriesOf(s, audit.DataReleased)) < 2 {
		s.T.Error("what was shown is not in the log")
	}
	verifyLog(s)
	harness.Answered(s.T, auditor.StaffSignIn("ada"), http.StatusSeeOther)
	text := harness.Read[struct{ Checkpoint string }](s.T, auditor.Get("/audit/v1/checkpoint").Body).Checkpoint
	key, err := checkpoint.OpenKey(keyPath, "not-made")
	if err != nil {
		s.T.Fatal(err)
	}
	by := key.PublicKeys()
	if signed, err := checkpoint.Open([]byte(text), by); err != nil || signed.Size == 0 {
		s.T.Errorf("checkpoint of %d entries: %v", signed.Size, err)
	}
}

// hangUp sends a request with the browser's cookies and closes the connection
// before there can be an answer.
func hangUp(b *harness.Browser) {
	b.T.Helper()
	at, err := url.Parse(b.URL + "/v1/timeline")
	if err != nil {
		b.T.Fatal(err)
	}
	var cookies []string
	for _, c := range b.Cookies().Cookies(at) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	conn, err := net.Dial("tcp", at.Host)
	if err != nil {
		b.T.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", at.Path, at.Host, strings.Join(cookies, "; ")); err != nil {
		b.T.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		b.T.Fatal(err)
	}
}

// sender changes requests to a host before they are sent.
type sender struct {
	http.Transport

	host   string
	change func(*http.Request)
}

// RoundTrip implements http.RoundTripper.
func (s *sender) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == s.host {
		r = r.Clone(r.Context())
		s.change(r)
	}
	return s.Transport.RoundTrip(r) //nolint:wrapcheck // an onlooker changes nothing
}
