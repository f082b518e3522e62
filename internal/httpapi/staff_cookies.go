package httpapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// The cookies of staff. They are sent to /audit alone, so that a browser in which
// somebody is both a citizen and an auditor never shows one side the other's;
// __Host- would ask for the path "/", so over https they carry __Secure-.
const (
	staffSessionCookie = "pca_staff"
	staffBindingCookie = "pca_staff_signin"
	staffPath          = "/audit"
)

func (k cookies) staffName(name string) string {
	if k.secure {
		return "__Secure-" + name
	}
	return name
}

// setStaff keeps a value until the browser closes, or for life; a negative life
// deletes it.
func (k cookies) setStaff(c *gin.Context, name, value string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // Secure is off for http on loopback alone, which config checks
		Name: k.staffName(name), Value: value, Path: staffPath, HttpOnly: true, Secure: k.secure,
		// Lax, not Strict: the way back from the provider is a cross-site navigation.
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

func (k cookies) getStaff(c *gin.Context, name string) string { return k.get(c, k.staffName(name)) }
