package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Names of cookies that more than one door reads.
const (
	SessionCookie = "pca_session" // the session's secret
	// EndedCookie marks a browser that signed out: the next sign-in asks for the password.
	EndedCookie = "pca_ended"
)

// cookies writes this service's cookies. Over https they carry the __Host-
// prefix (RFC 6265bis, 4.1.3.2); plain http is for loopback alone.
type cookies struct {
	secure  bool
	session string // the session's secret
	ended   string // marks a browser that signed out: the next sign-in asks for the password
}

func newCookies(publicURL string) cookies {
	c := cookies{secure: strings.HasPrefix(publicURL, "https://"), session: SessionCookie, ended: EndedCookie}
	if c.secure {
		c.session, c.ended = "__Host-"+c.session, "__Host-"+c.ended
	}
	return c
}

// set keeps a value; a life of zero keeps it until the browser closes, a
// negative one deletes it.
func (k cookies) set(c *gin.Context, name, value string, life time.Duration) {
	cookie := k.cookie(Cookie{Value: value, Life: life})
	cookie.Name = name
	http.SetCookie(c.Writer, cookie)
}

// cookie is how a cookie is written.
func (k cookies) cookie(from Cookie) *http.Cookie {
	path := from.Path
	if path == "" {
		path = "/"
	}
	cookie := &http.Cookie{ //nolint:gosec // Secure is off for http on loopback only, which config checks
		Name: k.full(from.Name, path), Value: from.Value, Path: path, HttpOnly: true, Secure: k.secure,
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

// full is a cookie's name with its prefix. __Host- asks for the path "/".
func (k cookies) full(name, path string) string {
	switch {
	case !k.secure:
		return name
	case path == "/":
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// get gives a value, empty when there is none. A name that stands twice is
// taken as none: somebody tries to slip one in.
func (k cookies) get(c *gin.Context, name string) string { return k.value(c.Request, name) }

func (k cookies) value(r *http.Request, name string) string {
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}
