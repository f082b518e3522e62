package signin

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// login is GET /auth/login?return_to=/path: it sends the browser to NHS login.
func (s *Door) login(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	returnTo := httpapi.DefaultReturn
	if r.Queries().Has("return_to") {
		if returnTo = r.Query("return_to"); !httpapi.IsOwnPath(returnTo) {
			return nil, problem.New(problem.BadRequest, nil).WithDetail("return_to must be a path of this service, such as /timeline.")
		}
	}
	return s.begin(ctx, r, s.prompt(ctx, r), returnTo)
}

// prompt decides how much NHS login asks of the citizen. Somebody who is signed
// in and only needs a new ID token is not asked if NHS login still knows them;
// after sign-out, idle end or the age limit the password is asked for.
func (s *Door) prompt(ctx context.Context, r *httpapi.Request) string {
	secret := r.Cookie(httpapi.SessionCookie)
	if secret == "" {
		if r.Cookie(httpapi.EndedCookie) != "" {
			return "login"
		}
		return ""
	}
	if _, err := s.d.Sessions.Peek(ctx, secret); err != nil {
		return "login"
	}
	return "none"
}

func (s *Door) begin(ctx context.Context, r *httpapi.Request, prompt, returnTo string) (httpapi.Answer, error) {
	begun, err := s.d.Login.Begin(ctx, prompt, returnTo)
	if err != nil {
		return nil, httpapi.SignInProblem(err)
	}
	return s.cookies.Keep(r, httpapi.Redirect(http.StatusFound, begun.URL), begun), nil
}
