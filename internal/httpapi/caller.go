package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Via tells how a caller proved who they are.
type Via string

// ViaCookie is a first-party session in a browser: the only one that may grant
// consent.
const ViaCookie Via = "cookie"

// Caller is on whose behalf a request is made, and by whom.
type Caller struct {
	Citizen citizen.Citizen
	Client  client.ID
	Scopes  []consent.Scope
	Session session.Session
	Via     Via
}

const keyCaller = "pca.caller"

// caller finds out who asks, or refuses. A request with an Authorization header
// is judged by that alone; its cookies are not looked at.
func (s *server) caller(c *gin.Context) error {
	if c.GetHeader("Authorization") != "" {
		return problem.New(problem.SignInRequired, errors.New("bearer token is not known")).
			WithDetail("This access token is not valid here.")
	}
	secret := s.cookies.get(c, s.cookies.session)
	if secret == "" {
		return problem.New(problem.SignInRequired, nil)
	}
	found, err := s.d.Sessions.Find(c.Request.Context(), secret)
	if err != nil {
		return sessionProblem(err)
	}
	c.Set(keyCaller, Caller{
		Citizen: found.Citizen, Client: client.Web, Scopes: []consent.Scope{consent.TimelineRead, consent.HistoryStore},
		Session: found, Via: ViaCookie,
	})
	return nil
}

// sessionProblem tells a session that ended from a store that failed.
func sessionProblem(err error) error {
	if errors.Is(err, session.ErrNone) || errors.Is(err, citizen.ErrNoSubject) {
		return problem.New(problem.SessionExpired, nil)
	}
	return problem.New(problem.ServiceUnavailable, err)
}

func callerOf(c *gin.Context) (Caller, bool) {
	found, ok := c.Value(keyCaller).(Caller)
	return found, ok
}

// mustCaller is for handlers behind the caller middleware.
func mustCaller(c *gin.Context) Caller {
	found, ok := callerOf(c)
	if !ok {
		panic("httpapi: route without caller: " + c.FullPath())
	}
	return found
}

func (k Caller) access(correlationID string) aggregate.Access {
	return aggregate.Access{
		Citizen: k.Citizen, IDToken: k.Session.IDToken, IDTokenID: k.Session.IDTokenID,
		IDTokenExpires: k.Session.IDTokenExpires, CorrelationID: correlationID,
	}
}

// sameOrigin stops requests that another site made a browser send (CSRF). What
// is no browser passes: it has no cookies that somebody else could use.
func (s *server) sameOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(s.d.PublicURL); err != nil {
		panic(fmt.Sprintf("httpapi: public URL is no origin: %v", err)) // config has checked it
	}
	return s.handle(func(c *gin.Context) error {
		if err := protection.Check(c.Request); err != nil {
			return problem.New(problem.CSRF, err)
		}
		return nil
	})
}
