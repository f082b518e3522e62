package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// cookies writes this service's cookies. Over https they carry the __Host-
// prefix (RFC 6265bis, 4.1.3.2); plain http is for loopback alone.
type cookies struct {
	secure  bool
	session string // the session's secret
	binding string // ties a sign-in under way to this browser
	ended   string // marks a browser that signed out: the next sign-in asks for the password
}

func newCookies(publicURL string) cookies {
	c := cookies{secure: strings.HasPrefix(publicURL, "https://"), session: "pca_session", binding: "pca_signin", ended: "pca_ended"}
	if c.secure {
		c.session, c.binding, c.ended = "__Host-"+c.session, "__Host-"+c.binding, "__Host-"+c.ended
	}
	return c
}

// set keeps a value; a life of zero keeps it until the browser closes, a
// negative one deletes it.
func (k cookies) set(c *gin.Context, name, value string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // Secure is off for http on loopback alone, which config checks
		Name: name, Value: value, Path: "/", HttpOnly: true, Secure: k.secure,
		// Lax, not Strict: the way back from NHS login is a cross-site navigation.
		SameSite: http.SameSiteLaxMode,
	}
	switch {
	case life < 0:
		cookie.MaxAge = -1
	case life > 0:
		cookie.MaxAge = int(life.Seconds())
	}
	http.SetCookie(c.Writer, cookie)
}

// get gives a value, empty when there is none. A name that stands twice is
// taken as none: somebody tries to slip one in.
func (k cookies) get(c *gin.Context, name string) string {
	found := c.Request.CookiesNamed(name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}
