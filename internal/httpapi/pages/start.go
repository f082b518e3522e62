package pages

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/web"
)

// start is GET /: what this is, and where to sign in. Looking at it keeps nobody
// signed in.
func (p *Pages) start(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	page := web.Start{SignIn: httpapi.SignInAddress(httpapi.DefaultReturn), Idle: p.d.Idle}
	if secret := r.Cookie(httpapi.SessionCookie); secret != "" {
		_, err := p.d.Sessions.Peek(ctx, secret)
		page.SignedIn = err == nil
	}
	page.SignedOut = !page.SignedIn && r.Cookie(httpapi.EndedCookie) != ""
	text, err := p.d.Web.Render(web.Frame{SignedIn: page.SignedIn}, page)
	if err != nil {
		return nil, err
	}
	return httpapi.Public(http.StatusOK, httpapi.TypeHTML, text).With("Cache-Control", "private, no-store"), nil
}
