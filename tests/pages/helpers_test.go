package pages_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/local"
)

// A browser's own Accept header.
const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

type service struct {
	*local.Stack

	clock *clocktest.Clock
}

// start runs the service with its sandbox on a winter's Monday morning.
func start(t *testing.T) *service {
	t.Helper()
	c := clocktest.New()
	s, err := local.Start(context.WithoutCancel(t.Context()), local.Options{
		Now: c.Now, DataDir: t.TempDir(), Version: "v0.0.0-test",
		Env: map[string]string{"PCA_OPERATOR_NAME": "Leeds Test Trust", "PCA_OPERATOR_CONTACT": "help@example.org", "PCA_RATE_LIMIT_ADDRESS": "off"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the service: %v", err)
		}
	})
	return &service{s, c}
}

// visitor is somebody with a browser or a program, by what they accept.
type visitor struct {
	*local.Journey

	t *testing.T
}

type accepting struct {
	kind string
	next *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (a accepting) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", a.kind)
	return a.next.RoundTrip(r)
}

// CloseIdleConnections implements what http.Client looks for.
func (a accepting) CloseIdleConnections() { a.next.CloseIdleConnections() }

func (s *service) visitor(t *testing.T, accept string) *visitor {
	t.Helper()
	j, err := local.NewJourney(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	j.Through(accepting{accept, &http.Transport{}})
	t.Cleanup(j.Close)
	return &visitor{j, t}
}

// person opens a browser.
func (s *service) person(t *testing.T) *visitor {
	t.Helper()
	return s.visitor(t, browserAccept)
}

func (v *visitor) must(a local.Answer, err error) local.Answer {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

// open follows redirects, visit does not.
func (v *visitor) open(path string, headers ...string) local.Answer {
	v.t.Helper()
	return v.must(v.Do(v.t.Context(), http.MethodGet, path, nil, headers...))
}

func (v *visitor) visit(path string, headers ...string) local.Answer {
	v.t.Helper()
	return v.must(v.DoOnce(v.t.Context(), http.MethodGet, path, nil, headers...))
}

// send posts a form as a browser does from a page of the service.
func (v *visitor) send(path string, form url.Values, headers ...string) local.Answer {
	v.t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)
	return v.must(v.DoOnce(v.t.Context(), http.MethodPost, path, []byte(form.Encode()), headers...))
}

func (v *visitor) signIn(name, returnTo string) local.Answer {
	v.t.Helper()
	return v.must(v.SignIn(v.t.Context(), name, returnTo))
}

// consented signs in and agrees to the timeline on the consent page.
func (v *visitor) consented(name string) {
	v.t.Helper()
	page := v.signIn(name, "/timeline")
	a := v.send("/consent", agreeing(v.t, page, "timeline:read"))
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/timeline" {
		v.t.Fatalf("agree as %s: status %d to %q: %s", name, a.Status, a.Header.Get("Location"), a.Body)
	}
}

// agreeing fills in the consent page's form for this service's own pages.
func agreeing(t *testing.T, page local.Answer, scopes ...string) url.Values {
	t.Helper()
	return url.Values{
		"action": {"grant"}, "client": {"web"}, "scopes": scopes,
		"noticeVersion": {field(t, page, "noticeVersion")}, "return_to": {field(t, page, "return_to")},
	}
}

// field is the value of the first form field of that name.
func field(t *testing.T, page local.Answer, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindSubmatch(page.Body)
	if found == nil {
		t.Fatalf("the page at %s has no field %s: %s", page.URL, name, page.Body)
	}
	return html.UnescapeString(string(found[1]))
}

func heading(page local.Answer) string {
	found := regexp.MustCompile(`(?s)<h1>(.*?)</h1>`).FindSubmatch(page.Body)
	if found == nil {
		return ""
	}
	return html.UnescapeString(string(found[1]))
}

func wantPage(t *testing.T, page local.Answer, status int, title string) {
	t.Helper()
	if page.Status != status || heading(page) != title {
		t.Fatalf("status %d, heading %q; want %d, %q", page.Status, heading(page), status, title)
	}
	if kind := page.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("the page is of type %q", kind)
	}
}

func wantRedirect(t *testing.T, a local.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != to {
		t.Fatalf("status %d to %q, want a 303 to %q: %s", a.Status, a.Header.Get("Location"), to, a.Body)
	}
}

func says(page local.Answer, words string) bool {
	return strings.Contains(html.UnescapeString(string(page.Body)), words)
}
