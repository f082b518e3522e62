package httpapi

import (
	"net/http"
	"strings"
	"time"
)

// Names of cookies that more than one door reads.
const (
	SessionCookie = "pca_session" // the session's secret
	// KnownCookie marks a browser in which somebody signed in. It outlives the session
	// and the browser's closing, so that the next sign-in asks for the password.
	KnownCookie = "pca_known"
	// EndedCookie says for a short time that this browser signed out, for the start page.
	EndedCookie = "pca_ended"
)

// KnownBrowser marks the browser for 30 days as one in which somebody signed in.
func KnownBrowser() Cookie {
	const kept = 30 * 24 * time.Hour
	return Cookie{Name: KnownCookie, Value: "1", Life: kept}
}

// cookies writes and reads this service's cookies. Over https they carry a prefix
// (RFC 6265bis, 4.1.3); plain http is for loopback only.
type cookies struct{ secure bool }

func newCookies(publicURL string) cookies { return cookies{strings.HasPrefix(publicURL, "https://")} }

// cookie is how a cookie is written.
func (k cookies) cookie(from Cookie) *http.Cookie {
	cookie := &http.Cookie{ //nolint:gosec // Secure is off for http on loopback only, which config checks
		Name: k.full(from.Name), Value: from.Value, Path: "/", HttpOnly: true, Secure: k.secure,
		// Lax, not Strict: the browser comes back from the provider by a cross-site navigation.
		SameSite: http.SameSiteLaxMode,
	}
	switch {
	case from.Life < 0:
		cookie.MaxAge = -1
	case from.Life > 0:
		cookie.MaxAge = int(from.Life.Seconds())
	}
	return cookie
}

// full is a cookie's name with its prefix.
func (k cookies) full(name string) string {
	if k.secure {
		return "__Host-" + name
	}
	return name
}

// value returns a cookie's value; empty when it is absent. A name that was sent twice
// counts as absent: somebody tries to slip one in.
func (k cookies) value(r *http.Request, name string) string {
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}
