package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// callback is GET /auth/callback, where NHS login sends the browser back. Nothing
// is made until everything has been checked. What did not begin in this browser is
// counted and not logged: anybody could fill the log with it.
func (s *Door) callback(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	answer, err := s.finish(ctx, r)
	if err == nil {
		return answer, nil
	}
	p := httpapi.SignInProblem(err)
	if errors.Is(err, oidc.ErrNotBegunHere) {
		return s.again(ctx, r, p)
	}
	s.d.Count(string(p.Code()))
	if p.Code() == problem.AuditUnavailable {
		return nil, p
	}
	s.cookies.Remember(r, httpapi.Ending{ReturnTo: r.ReturnTo(), Problem: p.Code(), Words: p.Words()})
	if p.Status() == http.StatusForbidden { // NHS login knows somebody: the next sign-in must not be theirs unasked
		r.Leave(httpapi.KnownBrowser())
	}
	entry := r.Entry(audit.SignInRefused, audit.Refused, s.d.Now())
	entry.Client, entry.Reason = client.Web, string(p.Code())
	if _, err := s.d.Log.Append(ctx, audit.Guard{}, entry); err != nil {
		return nil, httpapi.NotLogged(err)
	}
	return nil, p
}

// again is the answer to a callback that has no pending sign-in. A browser that
// reloads the callback, or goes back to it, is led to where its sign-in ended; all
// others are told p.
func (s *Door) again(ctx context.Context, r *httpapi.Request, p *problem.Error) (httpapi.Answer, error) {
	ended, known := s.cookies.Ending(r)
	if known {
		r.SetReturnTo(ended.ReturnTo)
	}
	switch {
	case known && ended.Problem != "":
		return nil, problem.New(ended.Problem, p).WithWords(ended.Words)
	case known:
		found, err := s.signedIn(ctx, r.Cookie(httpapi.SessionCookie))
		if err != nil {
			return nil, err
		}
		if found != nil {
			return httpapi.Redirect(http.StatusSeeOther, ended.ReturnTo), nil
		}
	}
	s.d.Count(string(p.Code()))
	return nil, p
}

func (s *Door) finish(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	callback, ok := s.cookies.Callback(r)
	if !ok {
		return nil, problem.New(problem.SignInFailed, fmt.Errorf("%w: a parameter is there twice or is too long", oidc.ErrNotBegunHere))
	}
	who, begun, err := s.d.Login.Finish(ctx, callback)
	r.SetReturnTo(begun.ReturnTo)
	if errors.Is(err, oidc.ErrAskOpenly) {
		return s.beginInstead(ctx, r, begun, "")
	}
	if err != nil {
		return nil, err
	}
	old, err := s.signedIn(ctx, r.Cookie(httpapi.SessionCookie))
	if err != nil {
		return nil, err
	}
	full := s.fullSignIn(who, begun, old)
	switch {
	case begun.Renews != "" && old == nil, // signed out in the meantime
		begun.Prompt != "login" && s.d.Now().Add(worthRenewing).After(full.Add(s.d.Max)):
		return s.beginInstead(ctx, r, nhslogin.Request{ReturnTo: begun.ReturnTo}, "login")
	case begun.Renews != "" && (old.Citizen.Ref != begun.Renews || old.Citizen.NHSNumber != who.NHSNumber):
		return nil, s.stop(ctx, r, *old)
	}
	secret, err := s.start(ctx, r, who, full, old)
	if err != nil {
		return nil, err
	}
	s.d.Count("success")
	s.cookies.Remember(r, httpapi.Ending{ReturnTo: begun.ReturnTo})
	return httpapi.Redirect(http.StatusSeeOther, begun.ReturnTo).
		WithCookie(httpapi.Cookie{Name: httpapi.SessionCookie, Value: secret}).
		WithCookie(httpapi.Cookie{Name: httpapi.EndedCookie, Life: -1}).
		WithCookie(httpapi.KnownBrowser()), nil
}

// beginInstead begins the same sign-in once more with another prompt.
func (s *Door) beginInstead(ctx context.Context, r *httpapi.Request, begun nhslogin.Request, prompt string) (httpapi.Answer, error) {
	s.cookies.Forget(r)
	begun.Prompt = prompt
	return s.begin(ctx, r, begun)
}

// fullSignIn is when the citizen last proved to NHS login who they are. A silent
// renewal proves nothing, whatever it says of that time.
func (s *Door) fullSignIn(who nhslogin.Identity, begun nhslogin.Request, old *session.Session) time.Time {
	at := s.d.Now()
	if begun.Prompt == "none" && old != nil {
		at = old.FullSignInAt
	}
	if !who.AuthTime.IsZero() && who.AuthTime.Before(at) {
		at = who.AuthTime
	}
	return at
}

// stop ends the session of a browser in which NHS login answers for somebody else
// than the citizen whose session it was to renew. Nobody is signed in. OpenID Connect
// Core 1.0, 3.1.2.1, leaves that check to the client.
func (s *Door) stop(ctx context.Context, r *httpapi.Request, old session.Session) error {
	err := s.d.Sessions.End(ctx, old.ID, s.signedOut(r, old, string(problem.AnotherPerson)))
	if err != nil && !errors.Is(err, session.ErrNone) {
		return httpapi.NotLogged(err)
	}
	s.d.Forget(old)
	r.Leave(httpapi.Cookie{Name: httpapi.SessionCookie, Life: -1})
	return problem.New(problem.AnotherPerson, nil)
}

// start makes the session and its log entry, and ends the one that this browser had.
func (s *Door) start(ctx context.Context, r *httpapi.Request, identity nhslogin.Identity, full time.Time, old *session.Session) (secret string, err error) {
	who, err := s.d.Citizens.SignIn(ctx, identity.NHSNumber)
	if err != nil {
		return "", problem.New(problem.ServiceUnavailable, err)
	}
	in := session.SignIn{
		Citizen: who, FullSignInAt: full,
		IDToken: identity.IDToken, IDTokenID: identity.IDTokenID, IDTokenExpires: identity.IDTokenExpires,
	}
	entry := r.Entry(audit.SignedIn, audit.Succeeded, s.d.Now())
	entry.Citizen, entry.Client = who.Ref, client.Web
	if old == nil {
		secret, _, err = s.d.Sessions.Start(ctx, in, entry)
	} else {
		secret, _, err = s.d.Sessions.Replace(ctx, old.ID, s.signedOut(r, *old, "signed_in_again"), in, entry)
	}
	if err != nil {
		return "", httpapi.NotLogged(err)
	}
	if old != nil {
		s.d.Forget(*old)
	}
	return secret, nil
}
