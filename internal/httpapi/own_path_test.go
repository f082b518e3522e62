package httpapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIsOwnPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/":                                  true,
		"/timeline":                          true,
		"/timeline?lang=cy&x=%20y":           true,
		"/consent?next=https://evil.example": true, // a query leads nowhere by itself
		"/embed/a-b_c.d~e":                   true,
		"/a%20b":                             true,
		"/@evil.example":                     true, // a path all the same
		"/timeline#part":                     true,
		"/%252f%252fevil.example":            true, // decoded once it is "/%2f%2f…"

		"":                             false,
		"timeline":                     false,
		"//evil.example":               false,
		"///evil.example":              false,
		"/\\evil.example":              false,
		"\\\\evil.example":             false,
		"/%2fevil.example":             false,
		"/%2F%2Fevil.example":          false,
		"/%5cevil.example":             false,
		"/%5C/evil.example":            false,
		"/\t/evil.example":             false, // browsers drop tabs and line ends
		"/\n/evil.example":             false,
		"/%09/evil.example":            false,
		"/%0d%0aSet-Cookie:x=1":        false,
		"/a\r\nSet-Cookie: x=1":        false,
		" /timeline":                   false,
		"/time line":                   false,
		"/\x00":                        false,
		"/\x7f":                        false,
		"/／evil.example":               false,
		"/\u2028":                      false,
		"/%e2%80%a8":                   false,
		"https://evil.example":         false,
		"https:/evil.example":          false,
		"http:evil.example":            false,
		"javascript:alert(1)":          false,
		"JAVASCRIPT:alert(1)":          false,
		"data:text/html,x":             false,
		"/%":                           false,
		"@evil.example/":               false,
		"?x=//evil.example":            false,
		"#//evil.example":              false,
		"/" + strings.Repeat("x", 512): false,
	} {
		if got := IsOwnPath(path); got != want {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
}

// TestBrowserStaysHere: whatever passes leads a client to this host, after
// net/http has written it as a redirect.
func TestBrowserStaysHere(t *testing.T) {
	t.Parallel()
	here, err := url.Parse("https://referrals.example/auth/callback")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		path := "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"/", "\\", "%2f", "%5c", "%2e", ".", "..", "evil.example", "@", ":", "https:", "\t", "%09", "?", "#", "a", ";", "／", "%", "2f",
		}), 0, 8).Draw(t, "parts"), "")
		if !IsOwnPath(path) {
			t.Skip()
		}
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest(http.MethodGet, here.String(), http.NoBody), path, http.StatusSeeOther)
		location := w.Header().Get("Location")
		if strings.ContainsAny(location, "\\\t\r\n") || strings.HasPrefix(location, "//") || !strings.HasPrefix(location, "/") {
			t.Fatalf("%q is written as %q", path, location)
		}
		if to, err := here.Parse(location); err != nil || to.Host != here.Host || to.Scheme != here.Scheme {
			t.Fatalf("%q leads to %v (%v)", path, to, err)
		}
	})
}
