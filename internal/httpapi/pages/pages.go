package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/web"
)

// Release shows citizens' information (internal/release).
type Release interface {
	Show(ctx context.Context, q release.Request, render func(release.Reading) (release.Content, error)) (release.Released, error)
	Refresh(ctx context.Context, q release.Request) error
}

// Consents record and list consents (internal/consent).
type Consents interface {
	Grant(ctx context.Context, g consent.Grant) (consent.Consent, bool, error)
	Withdraw(ctx context.Context, ref citizen.Ref, id string, by client.ID, correlationID string) (consent.Consent, error)
	List(ctx context.Context, ref citizen.Ref) ([]consent.Consent, error)
}

// Clients are the registered apps (internal/client).
type Clients interface {
	Find(id client.ID) (client.Client, error)
}

// Sessions looks up who is signed in, without keeping them signed in (internal/session).
type Sessions interface {
	Peek(ctx context.Context, secret string) (session.Session, error)
}

// Deps are what pages need; all are required.
type Deps struct {
	Release  Release
	Consents Consents
	Clients  Clients
	Notices  *consent.Notices
	Sessions Sessions
	Web      *web.Pages
	Now      func() time.Time
	Idle     time.Duration // without activity, until a session ends
}

// Pages has the handlers.
type Pages struct {
	d      Deps
	london *time.Location
}

// New checks d.
func New(d Deps) (*Pages, error) {
	if d.Release == nil || d.Consents == nil || d.Clients == nil || d.Notices == nil || d.Sessions == nil || d.Web == nil || d.Now == nil || d.Idle <= 0 {
		return nil, errors.New("new pages: every dependency is required")
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("new pages: read London time: %w", err)
	}
	return &Pages{d, london}, nil
}

// Routes are the pages' addresses.
func (p *Pages) Routes() []httpapi.Route {
	own := func(method, path string, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: method, Path: path, Audience: httpapi.OwnPages, Page: true, Lenient: true, Handler: h}
	}
	return []httpapi.Route{
		{Method: http.MethodGet, Path: "/", Audience: httpapi.Anybody, Page: true, Lenient: true, Handler: p.start},
		{Method: http.MethodGet, Path: "/assets/:name", Audience: httpapi.Anybody, Handler: p.asset},
		{Method: http.MethodGet, Path: "/v1/privacy-notice", Audience: httpapi.Anybody, Page: true, Takes: []string{"version"}, Handler: p.privacyNotice},
		own(http.MethodGet, "/timeline", p.timeline),
		own(http.MethodPost, "/timeline/refresh", p.refresh),
		own(http.MethodGet, "/consent", p.consents).Taking("return_to", "client"),
		own(http.MethodPost, "/consent", p.decide),
	}
}

func (p *Pages) render(r *httpapi.Request, page web.Page) ([]byte, error) {
	text, err := p.d.Web.Render(web.Frame{SignedIn: r.SignedIn()}, page)
	if err != nil {
		return nil, fmt.Errorf("make page: %w", err)
	}
	return text, nil
}

func (p *Pages) day(at time.Time) string { return web.Day(at.In(p.london)) }
