package signin

import (
	"context"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// worthRenewing is the least that a silent renewal must leave of a session: it does
// not move the session's end, so shortly before it the password is asked for.
const worthRenewing = 5 * time.Minute

// login is GET /auth/login?return_to=/path: it sends the browser to NHS login.
func (s *Door) login(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	begin := s.prompt(ctx, r)
	begin.ReturnTo = httpapi.DefaultReturn
	if r.Queries().Has("return_to") {
		if begin.ReturnTo = r.Query("return_to"); !httpapi.IsOwnPath(begin.ReturnTo) {
			return nil, problem.New(problem.BadRequest, nil).WithDetail("return_to must be a path of this service, such as /timeline.")
		}
	}
	return s.begin(ctx, r, begin)
}

// prompt decides how much NHS login asks of the citizen. Somebody who is signed
// in and only needs a new ID token is not asked if NHS login still knows them;
// after sign-out, idle end or the age limit the password is asked for.
func (s *Door) prompt(ctx context.Context, r *httpapi.Request) nhslogin.Request {
	secret := r.Cookie(httpapi.SessionCookie)
	if secret == "" && r.Cookie(httpapi.KnownCookie) == "" {
		return nhslogin.Request{}
	}
	found, err := s.d.Sessions.Peek(ctx, secret)
	if err != nil || found.ExpiresAt.Sub(s.d.Now()) < worthRenewing {
		return nhslogin.Request{Prompt: "login"}
	}
	return nhslogin.Request{Prompt: "none", Renews: found.Citizen.Ref}
}

func (s *Door) begin(ctx context.Context, r *httpapi.Request, with nhslogin.Request) (httpapi.Answer, error) {
	begun, err := s.d.Login.Begin(ctx, with)
	if err != nil {
		return nil, httpapi.SignInProblem(err)
	}
	return s.cookies.Keep(r, httpapi.Redirect(http.StatusFound, begun.URL), begun), nil
}
