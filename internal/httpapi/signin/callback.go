package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
		return s.cookies.Forget(r, answer), nil
	}
	p := httpapi.SignInProblem(err)
	s.d.Count(string(p.Code()))
	if p.Code() == problem.AuditUnavailable || errors.Is(err, oidc.ErrNotBegunHere) {
		return nil, p
	}
	entry := r.Entry(audit.SignInRefused, audit.Refused, s.d.Now())
	entry.Client, entry.Reason = client.Web, string(p.Code())
	if _, err := s.d.Log.Append(ctx, audit.Guard{}, entry); err != nil {
		return nil, httpapi.NotLogged(err)
	}
	return nil, p
}

func (s *Door) finish(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	callback, ok := s.cookies.Callback(r)
	if !ok {
		return nil, problem.New(problem.SignInFailed, fmt.Errorf("%w: a parameter is there twice or is too long", oidc.ErrNotBegunHere))
	}
	who, returnTo, err := s.d.Login.Finish(ctx, callback)
	r.SetReturnTo(returnTo)
	if errors.Is(err, oidc.ErrAskOpenly) {
		return s.begin(ctx, r, "", returnTo)
	}
	if err != nil {
		return nil, err
	}
	secret, err := s.start(ctx, r, who)
	if err != nil {
		return nil, err
	}
	s.d.Count("success")
	return httpapi.Redirect(http.StatusSeeOther, returnTo).
		WithCookie(httpapi.Cookie{Name: httpapi.SessionCookie, Value: secret}).
		WithCookie(httpapi.Cookie{Name: httpapi.EndedCookie, Life: -1}), nil
}

// start makes the session and its log entry, and ends the one that this browser had.
func (s *Door) start(ctx context.Context, r *httpapi.Request, identity nhslogin.Identity) (secret string, err error) {
	who, err := s.d.Citizens.SignIn(ctx, identity.NHSNumber)
	if err != nil {
		return "", problem.New(problem.ServiceUnavailable, err)
	}
	in := session.SignIn{
		Citizen: who, IDToken: identity.IDToken, IDTokenID: identity.IDTokenID, IDTokenExpires: identity.IDTokenExpires,
	}
	entry := r.Entry(audit.SignedIn, audit.Succeeded, s.d.Now())
	entry.Citizen, entry.Client = who.Ref, client.Web
	old, err := s.signedIn(ctx, r.Cookie(httpapi.SessionCookie))
	if err != nil {
		return "", err
	}
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
