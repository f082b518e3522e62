package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/web"
)

// startPage is GET /: what this is, and where to sign in. Looking at it keeps
// nobody signed in.
func (s *server) startPage(c *gin.Context) error {
	page := web.Start{SignIn: SignInAddress(DefaultReturn), Idle: s.d.SessionIdle}
	if secret := s.cookies.get(c, s.cookies.session); secret != "" {
		_, err := s.d.Sessions.Peek(c.Request.Context(), secret)
		page.SignedIn = err == nil
	}
	page.SignedOut = !page.SignedIn && s.cookies.get(c, s.cookies.ended) != ""
	text, err := s.pages.Render(web.Frame{SignedIn: page.SignedIn}, page)
	if err != nil {
		return err
	}
	pageHeaders(c.Writer.Header())
	c.Header("Cache-Control", "private, no-store")
	c.Data(http.StatusOK, TypeHTML, text)
	return nil
}
