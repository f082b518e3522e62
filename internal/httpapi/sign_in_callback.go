package httpapi

import (
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

const longestParameter = 4096

// signInCallback is GET /auth/callback, where NHS login sends the browser back.
// The state is taken before anything else is looked at, so that no second try
// can use it, and nothing is made until everything has been checked.
func (s *server) signInCallback(c *gin.Context) error {
	again, err := s.finishSignIn(c)
	switch {
	case again != nil:
		return s.beginSignIn(c, again.ReturnTo, "")
	case err == nil:
		s.d.Metrics.SignIn("success")
		return nil
	}
	p := problemOf(err)
	s.d.Metrics.SignIn(string(p.Code))
	if p.Code == problem.AuditUnavailable {
		return p
	}
	entry := s.entry(c, audit.SignInRefused, audit.Refused)
	entry.Client, entry.Reason = client.Web, string(p.Code)
	if err := s.append(c, entry); err != nil {
		return err
	}
	return p
}

// finishSignIn gives the pending sign-in back when it should begin again in the
// open: it was tried silently and NHS login needs the citizen.
func (s *server) finishSignIn(c *gin.Context) (again *session.Pending, err error) {
	ctx := c.Request.Context()
	q := c.Request.URL.Query()
	for _, values := range q {
		if len(values) != 1 || len(values[0]) > longestParameter {
			return nil, problem.New(problem.SignInFailed, errors.New("a parameter stands twice or is too long"))
		}
	}
	pending, err := s.d.SignIns.Finish(ctx, q.Get("state"))
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, problem.New(problem.SignInExpired, nil)
	case err != nil:
		return nil, problem.New(problem.ServiceUnavailable, err)
	}
	requestOf(c).SetReturnTo(pending.ReturnTo)
	binding := s.cookies.get(c, s.cookies.binding)
	s.cookies.set(c, s.cookies.binding, "", -1)
	if subtle.ConstantTimeCompare([]byte(binding), []byte(pending.Binding)) != 1 {
		return nil, problem.New(problem.SignInFailed, errors.New("sign-in began in another browser"))
	}
	if code := q.Get("error"); code != "" {
		retry, refusal := nhslogin.RedirectError(code, q.Get("error_description"))
		// Only what was tried silently goes on: asking again for what NHS login has
		// refused in the open would send the browser round and round.
		if retry && pending.Silent {
			return &pending, nil
		}
		return nil, refusal
	}
	identity, err := s.d.Login.Finish(ctx, nhslogin.Authorization{
		Nonce: pending.Nonce, CodeVerifier: pending.CodeVerifier, FreshSince: pending.FreshSince,
	}, q.Get("code"))
	if err != nil {
		return nil, err
	}
	if err := s.startSession(c, identity); err != nil {
		return nil, err
	}
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusSeeOther, pending.ReturnTo)
	return nil, nil
}

// startSession makes the session and its log entry, and ends the one that this
// browser had.
func (s *server) startSession(c *gin.Context, identity nhslogin.Identity) error {
	ctx := c.Request.Context()
	who, err := s.d.Citizens.SignIn(ctx, identity.NHSNumber)
	if err != nil {
		return problem.New(problem.ServiceUnavailable, err)
	}
	if old := s.cookies.get(c, s.cookies.session); old != "" {
		entry := s.entry(c, audit.SignedOut, audit.Succeeded)
		entry.Client, entry.Reason = client.Web, "signed_in_again"
		if err := s.endSession(c, old, entry); err != nil && !errors.Is(err, session.ErrNone) {
			return NotLogged(err)
		}
	}
	entry := s.entry(c, audit.SignedIn, audit.Succeeded)
	entry.Citizen, entry.Client = who.Ref, client.Web
	secret, _, err := s.d.Sessions.Start(ctx, session.SignIn{
		Citizen: who, IDToken: identity.IDToken, IDTokenID: identity.IDTokenID, IDTokenExpires: identity.IDTokenExpires,
	}, entry)
	if err != nil {
		return NotLogged(err)
	}
	s.cookies.set(c, s.cookies.session, secret, 0)
	s.cookies.set(c, s.cookies.ended, "", -1)
	return nil
}
