package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// ViaCookie is a first-party session in a browser.
const ViaCookie = session.ViaCookie

// Caller is on whose behalf a request is made, and by whom.
type Caller = session.Caller

// caller finds out who asks, or refuses. A request with an Authorization header
// is judged by that only; its cookies are not looked at.
func (s *server) caller(c *gin.Context) error {
	if c.GetHeader("Authorization") != "" {
		return problem.New(problem.SignInRequired, errors.New("bearer token is not known")).
			WithDetail("This access token is not valid here.")
	}
	secret := requestOf(c).Cookie(SessionCookie)
	if secret == "" {
		return problem.New(problem.SignInRequired, nil)
	}
	found, err := s.d.Sessions.Find(c.Request.Context(), secret)
	if err != nil {
		return SessionProblem(err)
	}
	requestOf(c).caller = &Caller{
		Citizen: found.Citizen, Client: client.Web, Scopes: []consent.Scope{consent.TimelineRead, consent.HistoryStore},
		Session: found, Via: ViaCookie,
	}
	return nil
}

// SessionProblem distinguishes a session that ended from a store that failed.
func SessionProblem(err error) error {
	if errors.Is(err, session.ErrNone) || errors.Is(err, citizen.ErrNoSubject) {
		return problem.New(problem.SessionExpired, nil)
	}
	return problem.New(problem.ServiceUnavailable, err)
}

func callerOf(c *gin.Context) (Caller, bool) {
	if found := requestOf(c).caller; found != nil {
		return *found, true
	}
	return Caller{}, false
}

// mustCaller is for handlers behind the caller middleware.
func mustCaller(c *gin.Context) Caller {
	found, ok := callerOf(c)
	if !ok {
		panic("httpapi: route without caller: " + c.FullPath())
	}
	return found
}

// crossOrigin stops requests that another site made a browser send (CSRF).
// Requests that do not come from a browser pass: they carry no cookies that
// another site could use.
func (s *server) crossOrigin(c *gin.Context) error {
	if err := s.protection.Check(c.Request); err != nil {
		return problem.New(problem.CSRF, err)
	}
	return nil
}

func newProtection(publicURL string) (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(publicURL); err != nil {
		return nil, fmt.Errorf("public URL is not an origin: %w", err)
	}
	return protection, nil
}
