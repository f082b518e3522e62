package httpapi

import (
	"crypto/rand"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// signIn is GET /auth/login?return_to=/path: it sends the browser to NHS login.
func (s *server) signIn(c *gin.Context) error {
	returnTo := DefaultReturn
	if given, ok := c.GetQuery("return_to"); ok {
		if !IsOwnPath(given) {
			return problem.New(problem.BadRequest, nil).WithDetail("return_to must be a path of this service, such as /timeline.")
		}
		returnTo = given
	}
	return s.beginSignIn(c, returnTo, s.prompt(c))
}

// prompt decides how much NHS login asks of the citizen. Somebody who is signed
// in and only needs a new ID token is not asked if NHS login still knows them;
// after sign-out, idle end or the age limit the password is asked for.
func (s *server) prompt(c *gin.Context) string {
	secret := s.cookies.get(c, s.cookies.session)
	if secret == "" {
		if s.cookies.get(c, s.cookies.ended) != "" {
			return "login"
		}
		return ""
	}
	if _, err := s.d.Sessions.Peek(c.Request.Context(), secret); err != nil {
		return "login"
	}
	return "none"
}

func (s *server) beginSignIn(c *gin.Context, returnTo, prompt string) error {
	ctx := c.Request.Context()
	a, err := s.d.Login.Begin(ctx, prompt)
	if err != nil {
		return err
	}
	binding := rand.Text()
	state, err := s.d.SignIns.Begin(ctx, session.Pending{
		Nonce: a.Nonce, CodeVerifier: a.CodeVerifier, FreshSince: a.FreshSince, Silent: prompt == "none", ReturnTo: returnTo, Binding: binding,
	})
	if err != nil {
		return problem.New(problem.ServiceUnavailable, err)
	}
	s.cookies.set(c, s.cookies.binding, binding, session.PendingLife)
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusFound, a.URL(state))
	return nil
}
