package harness

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/contract"
)

// Browser is the browser or the app of one person. What it sends and receives is
// checked against the service's contract. A request that fails ends the test.
type Browser struct {
	*local.Journey

	T   *testing.T
	URL string // of the service
	// Service is nil in a browser of [NewBrowser].
	Service *Service
}

// ownContract is read once: it is large.
var ownContract = sync.OnceValues(func() (*contract.Own, error) { return contract.LoadOwn(api.OpenAPI) })

// Browser opens one without cookies.
func (s *Service) Browser() *Browser {
	s.T.Helper()
	b := s.PlainBrowser()
	b.Through(&http.Transport{})
	return b
}

// PlainBrowser opens one whose answers are not checked against the contract: for a
// service without a part of it.
func (s *Service) PlainBrowser() *Browser {
	s.T.Helper()
	return &Browser{Journey: journey(s.T, s.URL, &http.Transport{}), T: s.T, URL: s.URL, Service: s}
}

// NewBrowser opens one for a service that was not started by [Start], such as a
// program of its own.
func NewBrowser(t *testing.T, address string) *Browser {
	t.Helper()
	b := &Browser{Journey: journey(t, address, &http.Transport{}), T: t, URL: address}
	b.Through(&http.Transport{})
	return b
}

// Through sends what comes from now on through next, and still checks it against
// the contract.
func (b *Browser) Through(next http.RoundTripper) {
	b.T.Helper()
	own, err := ownContract()
	if err != nil {
		b.T.Fatal(err)
	}
	t := b.T
	b.Journey.Through(own.Transport(b.URL, next, func(err error) { t.Errorf("against api/openapi.yaml: %v", err) }))
}

func journey(t *testing.T, base string, through http.RoundTripper) *local.Journey {
	t.Helper()
	j, err := local.NewJourney(base)
	if err != nil {
		t.Fatal(err)
	}
	j.Through(through)
	t.Cleanup(j.Close)
	return j
}

// SignedIn opens a browser and signs a citizen of the sandbox in.
func (s *Service) SignedIn(name string) *Browser {
	s.T.Helper()
	b := s.Browser()
	if a := b.SignIn(name); a.Status != http.StatusOK {
		s.T.Fatalf("sign in as %s: status %d: %s", name, a.Status, a.Body)
	}
	return b
}

// Consented is SignedIn with consent for the service's own pages.
func (s *Service) Consented(name string) *Browser {
	s.T.Helper()
	b := s.SignedIn(name)
	b.Consent()
	return b
}

// Auditor opens a browser and signs in a member of the sandbox's staff who is one.
func (s *Service) Auditor(name string) *Browser {
	s.T.Helper()
	b := s.Browser()
	Answered(s.T, b.StaffSignIn(name), http.StatusSeeOther)
	return b
}

// In is the same browser in a subtest.
func (b *Browser) In(t *testing.T) *Browser {
	t.Helper()
	return &Browser{Journey: b.Journey, T: t, URL: b.URL, Service: b.Service}
}

// SignIn goes through NHS login and ends at the session's own address.
func (b *Browser) SignIn(name string) local.Answer {
	b.T.Helper()
	return b.Must(b.Journey.SignIn(b.T.Context(), name, "/auth/session"))
}

// StaffSignIn goes through the staff provider and returns the callback's answer.
func (b *Browser) StaffSignIn(name string) local.Answer {
	b.T.Helper()
	return b.Get(b.StaffReturn(name))
}

// StaffReturn goes to the staff provider and returns the address that it sends the
// browser back to.
func (b *Browser) StaffReturn(name string) string {
	b.T.Helper()
	begun := b.Get("/audit/login")
	Answered(b.T, begun, http.StatusFound)
	at, err := url.Parse(begun.Header.Get("Location"))
	if err != nil {
		b.T.Fatal(err)
	}
	q := at.Query()
	q.Set("sandbox_staff", name)
	at.RawQuery = q.Encode()
	return b.Get(at.String()).Header.Get("Location")
}

// Consent grants what the timeline asks for.
func (b *Browser) Consent() local.Answer {
	b.T.Helper()
	a := b.Must(b.Journey.Consent(b.T.Context(), b.Get("/v1/timeline").Body))
	if a.Status != http.StatusCreated {
		b.T.Fatalf("consent: status %d: %s", a.Status, a.Body)
	}
	return a
}

// Get does not follow redirects. headers are names and values in turn.
func (b *Browser) Get(path string, headers ...string) local.Answer {
	b.T.Helper()
	return b.Must(b.DoOnce(b.T.Context(), http.MethodGet, path, nil, headers...))
}

// Post sends a body as [local.Journey.Do] does, and does not follow redirects.
func (b *Browser) Post(path string, body any, headers ...string) local.Answer {
	b.T.Helper()
	return b.Must(b.DoOnce(b.T.Context(), http.MethodPost, path, body, headers...))
}

// Delete sends no body.
func (b *Browser) Delete(path string, headers ...string) local.Answer {
	b.T.Helper()
	return b.Must(b.DoOnce(b.T.Context(), http.MethodDelete, path, nil, headers...))
}

// Must ends the test if there is no answer.
func (b *Browser) Must(a local.Answer, err error) local.Answer {
	b.T.Helper()
	if err != nil {
		b.T.Fatal(err)
	}
	return a
}
