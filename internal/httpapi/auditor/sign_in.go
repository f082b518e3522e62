package auditor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// The actor of a staff entry when the person could not be identified.
const staffUnknown audit.Actor = "staff:unknown"

// Login asks the organisation's provider who a member of staff is (internal/staff).
type Login interface {
	Begin(ctx context.Context) (oidc.Redirect, error)
	BeginAgain(ctx context.Context, current staff.Session, now time.Time) (oidc.Redirect, error)
	Finish(ctx context.Context, c oidc.Callback) (m staff.Member, again bool, err error)
}

// SignInDeps are what the sign-in of staff needs; all are required.
type SignInDeps struct {
	Login    Login
	Sessions *staff.Sessions
	Log      audit.Appender
	// Count counts a sign-in by how it ended.
	Count func(outcome string)
	Now   func() time.Time
}

// SignIn has the handlers of signing in and out.
type SignIn struct {
	d       SignInDeps
	cookies httpapi.SignInCookies
}

// NewSignIn checks d.
func NewSignIn(d SignInDeps) (*SignIn, error) {
	if d.Login == nil || d.Sessions == nil || d.Log == nil || d.Count == nil || d.Now == nil {
		return nil, errors.New("new staff sign-in routes: a dependency is missing")
	}
	return &SignIn{d, httpapi.SignInCookies{Name: "pca_staff_signin", Now: d.Now}}, nil
}

// Routes are those of signing in and out.
func (s *SignIn) Routes() []httpapi.Route {
	route := func(method, path string, for_ httpapi.Audience, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: method, Path: path, Audience: for_, Deadline: httpapi.AnswerWithin, Handler: h}
	}
	signsIn := func(r httpapi.Route) httpapi.Route {
		r.Once, r.SignIn = true, true
		return r
	}
	callback := signsIn(route(http.MethodGet, "/audit/callback", httpapi.Anybody, s.callback)).Taking(httpapi.CallbackTakes()...)
	callback.Lenient = true
	return []httpapi.Route{
		signsIn(route(http.MethodGet, "/audit/login", httpapi.Anybody, s.login)),
		callback,
		route(http.MethodGet, "/audit/session", httpapi.Members, s.session),
		route(http.MethodPost, "/audit/logout", httpapi.Anybody, s.logout),
	}
}

// login is GET /audit/login: it sends the browser to the organisation's provider, without
// questions where somebody is signed in.
func (s *SignIn) login(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	var begun oidc.Redirect
	current, err := s.d.Sessions.Find(ctx, r.Cookie(httpapi.StaffCookie))
	switch {
	case err == nil, errors.Is(err, staff.ErrUnproved):
		begun, err = s.d.Login.BeginAgain(ctx, current, s.d.Now())
	case errors.Is(err, staff.ErrNoSession):
		begun, err = s.d.Login.Begin(ctx)
	default:
		return nil, httpapi.StaffSessionProblem(err)
	}
	if err != nil {
		return nil, httpapi.StaffSignInProblem(err)
	}
	return s.cookies.Keep(r, httpapi.Redirect(http.StatusFound, begun.URL), begun), nil
}

// callback is GET /audit/callback, where the provider sends the browser back.
func (s *SignIn) callback(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	member, again, err := s.finish(ctx, r)
	old := r.Cookie(httpapi.StaffCookie)
	if errors.Is(err, oidc.ErrAskOpenly) {
		current, _ := s.d.Sessions.Find(ctx, old)
		if err := s.d.Sessions.End(ctx, old); err != nil {
			return nil, httpapi.StaffSessionProblem(err)
		}
		return s.askOpenly(ctx, r, current.Member)
	}
	entry := r.Entry(audit.SignedIn, audit.Succeeded, s.d.Now())
	entry.Actor, entry.Purpose = actorOf(member), "audit"
	if err != nil {
		p := httpapi.StaffSignInProblem(err)
		s.d.Count(string(p.Code()))
		if errors.Is(err, oidc.ErrNotBegunHere) { // anybody could fill the log with it
			return nil, p
		}
		if member.Pseudonym != "" { // a role was taken away, or somebody else is there now
			if err := s.d.Sessions.End(ctx, old); err != nil {
				return nil, httpapi.StaffSessionProblem(err)
			}
		}
		entry.Kind, entry.Outcome, entry.Reason = audit.SignInRefused, audit.Refused, string(p.Code())
		if _, err := s.d.Log.Append(ctx, audit.Guard{}, entry); err != nil {
			return nil, httpapi.NotLogged(err)
		}
		return nil, p
	}
	secret := ""
	if again {
		// Who was signed out in the meantime does not come back without a question.
		switch secret, _, err = s.d.Sessions.Renew(ctx, old, member); {
		case errors.Is(err, staff.ErrNoSession):
			return s.askOpenly(ctx, r, member)
		case err != nil:
			return nil, httpapi.StaffSessionProblem(err)
		}
		entry.Purpose = "audit-renewal"
	}
	if _, err := s.d.Log.Append(ctx, audit.Guard{}, entry); err != nil {
		_ = s.d.Sessions.End(ctx, secret) // its secret goes to nobody
		return nil, httpapi.NotLogged(err)
	}
	s.d.Count("staff_success")
	if !again {
		if err = s.d.Sessions.End(ctx, old); err == nil {
			secret, _, err = s.d.Sessions.Start(ctx, member)
		}
		if err != nil {
			return nil, httpapi.StaffSessionProblem(err)
		}
	}
	answer := httpapi.Redirect(http.StatusSeeOther, "/audit/session").
		WithCookie(httpapi.Cookie{Name: httpapi.StaffCookie, Value: secret})
	s.cookies.Forget(r)
	return answer, nil
}

// askOpenly begins again where a member has to be asked who they are.
func (s *SignIn) askOpenly(ctx context.Context, r *httpapi.Request, m staff.Member) (httpapi.Answer, error) {
	e := r.Entry(audit.SignInRefused, audit.Refused, s.d.Now())
	e.Actor, e.Purpose, e.Reason = actorOf(m), "audit-renewal", string(problem.StaffSignInRequired)
	if _, err := s.d.Log.Append(ctx, audit.Guard{}, e); err != nil {
		return nil, httpapi.NotLogged(err)
	}
	s.cookies.Forget(r)
	return httpapi.Redirect(http.StatusSeeOther, "/audit/login"), nil
}

func (s *SignIn) finish(ctx context.Context, r *httpapi.Request) (m staff.Member, again bool, err error) {
	callback, ok := s.cookies.Callback(r)
	if !ok {
		return staff.Member{}, false, problem.New(problem.StaffSignInFailed, fmt.Errorf("%w: a parameter is there twice or is too long", oidc.ErrNotBegunHere))
	}
	return s.d.Login.Finish(ctx, callback)
}

type sessionView struct {
	Account    string    `json:"account"` // as entries of the log name this person
	SignedInAt time.Time `json:"signedInAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
	// IdleSeconds is how long without a request ends the session.
	IdleSeconds int `json:"idleSeconds"`
	// ProvedUntil is when /audit/login has to be opened again, which asks no question while
	// the provider knows the person.
	ProvedUntil time.Time    `json:"provedUntil"`
	Roles       []staff.Role `json:"roles"`
}

// session is GET /audit/session: where a sign-in ends.
func (s *SignIn) session(_ context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	found := r.Member()
	return httpapi.OwnJSON(http.StatusOK, sessionView{
		Account: found.Member.Pseudonym, SignedInAt: httpapi.InSeconds(found.SignedIn), ExpiresAt: httpapi.InSeconds(found.ExpiresAt), IdleSeconds: int(staff.Idle.Seconds()),
		ProvedUntil: httpapi.InSeconds(found.ProvedAt.Add(staff.Proved)), Roles: found.Member.Roles,
	}).With("Cache-Control", "no-store"), nil
}

// logout is POST /audit/logout. Signing out twice is harmless.
func (s *SignIn) logout(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	if secret := r.Cookie(httpapi.StaffCookie); secret != "" {
		found, err := s.d.Sessions.Find(ctx, secret)
		switch {
		case err == nil, errors.Is(err, staff.ErrUnproved):
			if err := s.d.Sessions.End(ctx, secret); err != nil {
				return nil, httpapi.StaffSessionProblem(err)
			}
			entry := r.Entry(audit.SignedOut, audit.Succeeded, s.d.Now())
			entry.Actor, entry.Purpose = actorOf(found.Member), "audit"
			if _, err := s.d.Log.Append(ctx, audit.Guard{}, entry); err != nil {
				return nil, httpapi.NotLogged(err)
			}
		case !errors.Is(err, staff.ErrNoSession):
			return nil, httpapi.StaffSessionProblem(err)
		}
	}
	return httpapi.Nothing().WithCookie(httpapi.Cookie{Name: httpapi.StaffCookie, Life: -1}), nil
}

func actorOf(m staff.Member) audit.Actor {
	if m.Pseudonym == "" {
		return staffUnknown
	}
	return audit.Actor(m.Pseudonym)
}
