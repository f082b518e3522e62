package signin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Login asks NHS login who a citizen is (internal/nhslogin).
type Login interface {
	Begin(ctx context.Context, r nhslogin.Request) (oidc.Redirect, error)
	Finish(ctx context.Context, c oidc.Callback) (who nhslogin.Identity, begun nhslogin.Request, err error)
}

// Citizens finds or makes the citizen of an NHS number (internal/citizen).
type Citizens interface {
	SignIn(ctx context.Context, n citizen.NHSNumber) (citizen.Citizen, error)
}

// Sessions start, look at and end citizens' sessions (internal/session).
type Sessions interface {
	Start(ctx context.Context, in session.SignIn, entry audit.Entry) (secret string, s session.Session, err error)
	// Replace is Start and End in one transaction.
	Replace(ctx context.Context, old session.ID, ended audit.Entry, in session.SignIn, started audit.Entry) (string, session.Session, error)
	Peek(ctx context.Context, secret string) (session.Session, error)
	End(ctx context.Context, id session.ID, entry audit.Entry) error
}

// Deps are what these routes need; all are required.
type Deps struct {
	Login    Login
	Citizens Citizens
	Sessions Sessions
	Log      audit.Appender
	// Forget drops what is kept in memory for a session that ended.
	Forget func(session.Session)
	// Count counts a sign-in by how it ended.
	Count func(outcome string)
	Now   func() time.Time
	Idle  time.Duration // how long without a request ends a session
	Max   time.Duration // how long after the last full sign-in a session ends
}

// Door has the handlers.
type Door struct {
	d       Deps
	cookies httpapi.SignInCookies
}

// New checks d.
func New(d Deps) (*Door, error) {
	if d.Login == nil || d.Citizens == nil || d.Sessions == nil || d.Log == nil || d.Forget == nil || d.Count == nil || d.Now == nil {
		return nil, errors.New("new sign-in routes: a dependency is missing")
	}
	return &Door{d, httpapi.SignInCookies{Name: "pca_signin", Now: d.Now}}, nil
}

// Routes are the routes below /auth.
func (s *Door) Routes() []httpapi.Route {
	return []httpapi.Route{
		{Method: http.MethodGet, Path: "/auth/login", Audience: httpapi.Anybody, SignIn: true, Page: true, Once: true, Takes: []string{"return_to"}, Handler: s.login},
		{Method: http.MethodGet, Path: "/auth/callback", Audience: httpapi.Anybody, SignIn: true, Page: true, Once: true, Lenient: true, Takes: httpapi.CallbackTakes(), Handler: s.callback},
		{Method: http.MethodGet, Path: "/auth/session", Audience: httpapi.Anybody, Handler: s.session},
		{Method: http.MethodPost, Path: "/auth/logout", Audience: httpapi.Anybody, Page: true, Handler: s.logout},
	}
}
