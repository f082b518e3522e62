package harness

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/local"
)

// A browser's own Accept header.
const browserAccept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

// Visitor reads the service's pages, or is a program at the same addresses: what it
// accepts decides.
type Visitor struct {
	*local.Journey

	T *testing.T
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

// Visitor opens one that sends this Accept header with every request.
func (s *Service) Visitor(t *testing.T, accept string) *Visitor {
	t.Helper()
	return &Visitor{journey(t, s.URL, accepting{accept, &http.Transport{}}), t}
}

// Person opens a browser for pages.
func (s *Service) Person(t *testing.T) *Visitor {
	t.Helper()
	return s.Visitor(t, browserAccept)
}

// Must ends the test if there is no answer.
func (v *Visitor) Must(a local.Answer, err error) local.Answer {
	v.T.Helper()
	if err != nil {
		v.T.Fatal(err)
	}
	return a
}

// Open follows redirects.
func (v *Visitor) Open(path string, headers ...string) local.Answer {
	v.T.Helper()
	return v.Must(v.Do(v.T.Context(), http.MethodGet, path, nil, headers...))
}

// Visit does not follow redirects.
func (v *Visitor) Visit(path string, headers ...string) local.Answer {
	v.T.Helper()
	return v.Must(v.DoOnce(v.T.Context(), http.MethodGet, path, nil, headers...))
}

// Send posts a form as a browser does from a page of the service.
func (v *Visitor) Send(path string, form url.Values, headers ...string) local.Answer {
	v.T.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)
	return v.Must(v.DoOnce(v.T.Context(), http.MethodPost, path, []byte(form.Encode()), headers...))
}

// SignIn goes through NHS login and ends at returnTo.
func (v *Visitor) SignIn(name, returnTo string) local.Answer {
	v.T.Helper()
	return v.Must(v.Journey.SignIn(v.T.Context(), name, returnTo))
}

// Consented signs in and agrees to the timeline on the consent page.
func (v *Visitor) Consented(name string) {
	v.T.Helper()
	page := v.SignIn(name, "/timeline")
	Redirected(v.T, v.Send("/consent", Agreeing(v.T, page, "timeline:read")), "/timeline")
}

// Agreeing fills in the consent page's form for this service's own pages.
func Agreeing(t *testing.T, page local.Answer, scopes ...string) url.Values {
	t.Helper()
	return url.Values{
		"action": {"grant"}, "client": {"web"}, "scopes": scopes,
		"noticeVersion": {Field(t, page, "noticeVersion")}, "return_to": {Field(t, page, "return_to")},
	}
}

// Field is the value of the first form field of that name.
func Field(t *testing.T, page local.Answer, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindSubmatch(page.Body)
	if found == nil {
		t.Fatalf("the page at %s has no field %s: %s", page.URL, name, page.Body)
	}
	return html.UnescapeString(string(found[1]))
}

// Page asserts a page of that status and heading.
func Page(t *testing.T, page local.Answer, status int, title string) {
	t.Helper()
	heading := ""
	if found := regexp.MustCompile(`(?s)<h1>(.*?)</h1>`).FindSubmatch(page.Body); found != nil {
		heading = html.UnescapeString(string(found[1]))
	}
	if page.Status != status || heading != title {
		t.Fatalf("status %d, heading %q; want %d, %q", page.Status, heading, status, title)
	}
	if kind := page.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("the page is of type %q", kind)
	}
}

// Redirected asserts a 303 to an address.
func Redirected(t *testing.T, a local.Answer, to string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != to {
		t.Fatalf("status %d to %q, want a 303 to %q: %s", a.Status, a.Header.Get("Location"), to, a.Body)
	}
}

// Says reports whether a page has these words, or this markup.
func Says(page local.Answer, words string) bool {
	return strings.Contains(html.UnescapeString(string(page.Body)), words)
}
