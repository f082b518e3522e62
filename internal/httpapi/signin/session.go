package signin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

type sessionView struct {
	SignedIn               bool      `json:"signedIn"`
	SignedInAt             time.Time `json:"signedInAt"`
	ExpiresAt              time.Time `json:"expiresAt"`
	IdleSeconds            int       `json:"idleSeconds"` // how long without a request ends it
	ReauthenticationNeeded bool      `json:"reauthenticationNeeded"`
}

// session is GET /auth/session. Asking does not keep anyone signed in.
func (s *Door) session(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	secret := r.Cookie(httpapi.SessionCookie)
	if secret == "" {
		return nil, problem.New(problem.SignInRequired, nil)
	}
	found, err := s.d.Sessions.Peek(ctx, secret)
	if err != nil {
		return nil, httpapi.SessionProblem(err)
	}
	return httpapi.OwnJSON(http.StatusOK, sessionView{
		SignedIn: true, SignedInAt: httpapi.InSeconds(found.SignedInAt), ExpiresAt: httpapi.InSeconds(found.ExpiresAt),
		IdleSeconds:            int(s.d.Idle.Seconds()),
		ReauthenticationNeeded: !s.d.Now().Before(found.IDTokenExpires),
	}), nil
}

// logout is POST /auth/logout. Signing out twice is harmless. A form of a page
// ends on the start page.
func (s *Door) logout(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	if err := s.end(ctx, r); err != nil {
		return nil, err
	}
	answer := httpapi.Nothing()
	if r.WantsPage() {
		answer = httpapi.Redirect(http.StatusSeeOther, "/")
	}
	return answer.With("Clear-Site-Data", `"cache"`).
		WithCookie(httpapi.Cookie{Name: httpapi.SessionCookie, Life: -1}).
		WithCookie(httpapi.Cookie{Name: httpapi.EndedCookie, Value: "1", Life: 10 * time.Minute}).
		WithCookie(httpapi.KnownBrowser()), nil
}

// end ends this browser's session with its entry, and drops what was kept for it. A
// session that has ended already is not an error.
func (s *Door) end(ctx context.Context, r *httpapi.Request) error {
	found, err := s.signedIn(ctx, r.Cookie(httpapi.SessionCookie))
	if err != nil || found == nil {
		return err
	}
	switch err := s.d.Sessions.End(ctx, found.ID, s.signedOut(r, *found, "")); {
	case errors.Is(err, session.ErrNone):
		return nil
	case err != nil:
		return httpapi.NotLogged(err)
	}
	s.d.Forget(*found)
	return nil
}

// signedIn is the session of a cookie's secret; nil: there is none any more.
func (s *Door) signedIn(ctx context.Context, secret string) (*session.Session, error) {
	if secret == "" {
		return nil, nil //nolint:nilnil // no session is an ordinary answer
	}
	found, err := s.d.Sessions.Peek(ctx, secret)
	if errors.Is(err, session.ErrNone) {
		return nil, nil //nolint:nilnil // as above
	}
	if err != nil {
		return nil, problem.New(problem.ServiceUnavailable, err)
	}
	return &found, nil
}

func (s *Door) signedOut(r *httpapi.Request, ended session.Session, reason string) audit.Entry {
	entry := r.Entry(audit.SignedOut, audit.Succeeded, s.d.Now())
	entry.Client, entry.Reason, entry.Citizen = client.Web, reason, ended.Citizen.Ref
	return entry
}
