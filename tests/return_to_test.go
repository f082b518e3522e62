package tests_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestSigningInEndsOnlyOnThisService(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Browser()
	for _, to := range []string{
		"https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", `/\evil.example`, `\/evil.example`, `\\evil.example`,
		"/\t/evil.example", "/\n/evil.example", "/\r\nLocation: https://evil.example", " //evil.example", "\t//evil.example", "/ /evil.example",
		"javascript:alert(1)", "data:text/html,x", "evil.example", "evil.example/path", "user@evil.example", "//user:pass@evil.example",
		"/%5Cevil.example", "/%5c%5cevil.example", "/%2F%2Fevil.example/", "//%2Fevil.example", "", "?x=/v1/timeline", "#/v1/timeline", ".", "../",
		"/\x00", "/\x7f", "https:/evil.example", "https:evil.example", "/" + strings.Repeat("a", 600), "/%",
	} {
		t.Run(to, func(t *testing.T) {
			b := b.In(t)
			a := b.Get("/auth/login?return_to=" + url.QueryEscape(to))
			if a.Status == http.StatusBadRequest {
				harness.Refused(t, a, http.StatusBadRequest, "bad_request")
				return
			}
			// Let through: then it must lead nowhere else, as a browser reads it.
			back := comeBack(b, parse(t, a.Header.Get("Location")), harness.Query("sandbox_citizen", "bella"))
			done := b.Get(back)
			harness.Answered(t, done, http.StatusSeeOther)
			base := parse(t, b.URL)
			if at := base.ResolveReference(parse(t, done.Header.Get("Location"))); at.Host != base.Host || at.Scheme != base.Scheme {
				t.Errorf("leads to %s", at)
			}
			if location := done.Header.Get("Location"); strings.HasPrefix(location, "//") || strings.Contains(location, `\`) {
				t.Errorf("leads to %q, which a browser reads as another host", location)
			}
		})
	}
}

func TestSigningInEndsWhereTheCitizenWas(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for given, want := range map[string]string{
		"/auth/login":                                    "/timeline",
		"/auth/login?return_to=/v1/timeline":             "/v1/timeline",
		"/auth/login?return_to=" + url.QueryEscape("/"):  "/",
		"/auth/login?return_to=%2Fembed%3Fa%3D1%26b%3D2": "/embed?a=1&b=2",
	} {
		t.Run(want, func(t *testing.T) {
			b := s.Browser().In(t)
			a := b.Get(given)
			harness.Answered(t, a, http.StatusFound)
			done := b.Get(comeBack(b, parse(t, a.Header.Get("Location")), harness.Query("sandbox_citizen", "bella")))
			if got := done.Header.Get("Location"); done.Status != http.StatusSeeOther || got != want {
				t.Errorf("status %d to %q, want %q", done.Status, got, want)
			}
		})
	}
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
