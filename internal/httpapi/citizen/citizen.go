package citizen

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Release shows citizens' information (internal/release).
type Release interface {
	Show(ctx context.Context, q release.Request, render func(release.Reading) (release.Content, error)) (release.Released, error)
	SubjectAccess(ctx context.Context, k session.Caller, correlationID, purpose string) (audit.Written, error)
}

// Consents record and list consents (internal/consent).
type Consents interface {
	Grant(ctx context.Context, g consent.Grant) (consent.Consent, bool, error)
	Withdraw(ctx context.Context, ref citizen.Ref, id string, by client.ID, correlationID string) (consent.Consent, error)
	List(ctx context.Context, ref citizen.Ref) ([]consent.Consent, error)
	Receipt(ctx context.Context, who citizen.Citizen, id, clientName string, by consent.Controller) (consent.Receipt, error)
}

// Clients are the registered apps (internal/client).
type Clients interface {
	Find(id client.ID) (client.Client, error)
}

// AuditLog is the log as a citizen reads their own part of it.
type AuditLog interface {
	audit.Finder
	// Withheld are the entries that are withheld from their citizens at a time.
	Withheld(ctx context.Context, at time.Time) (map[int64]time.Time, error)
}

// Deps are what these routes need; all but Links.AssertIdentity are required.
type Deps struct {
	Release  Release
	Consents Consents
	Clients  Clients
	AuditLog AuditLog // for the access log
	Links    Links
	// Signer signs receipts with a key that the JWKS publishes, and Controller is
	// who answers for the service, as receipts name it.
	Signer     consent.Signer
	Controller consent.Controller
	Now        func() time.Time
	Words      func() *wording.Set // those in force, for the access log
}

// API has the handlers.
type API struct{ d Deps }

// New checks d.
func New(d Deps) (*API, error) {
	if d.Release == nil || d.Consents == nil || d.Clients == nil || d.AuditLog == nil || d.Signer == nil || d.Now == nil || d.Words == nil {
		return nil, errors.New("new citizens' API: every dependency is required")
	}
	return &API{d}, nil
}

// Routes are the routes under /v1 that need a citizen.
func (a *API) Routes() []httpapi.Route {
	route := func(method, path string, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: method, Path: path, Audience: httpapi.Citizens, Handler: h}
	}
	// People open these two in a browser, too.
	paged := func(path string, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: http.MethodGet, Path: path, Audience: httpapi.Citizens, Page: true, Handler: h}
	}
	handOff := paged("/v1/referrals/:id/manage", a.manage)
	handOff.Once = true
	return []httpapi.Route{
		route(http.MethodGet, "/v1/timeline", a.timeline),
		route(http.MethodPost, "/v1/timeline/refresh", a.refresh),
		route(http.MethodGet, "/v1/referrals", a.referrals),
		route(http.MethodGet, "/v1/referrals/:id", a.referral),
		handOff,
		route(http.MethodPost, "/v1/referrals/:id/manage", a.manageLink),
		route(http.MethodGet, "/v1/appointments", a.appointments).Taking("from", "to", "status"),
		paged("/v1/appointments/:id/calendar.ics", a.calendar),
		route(http.MethodGet, "/v1/changes", a.changes).Taking("since", "limit", "cursor"),
		route(http.MethodGet, "/v1/consents", a.listConsents),
		route(http.MethodPost, "/v1/consents", a.grantConsent),
		route(http.MethodDelete, "/v1/consents/:id", a.withdrawConsent),
		route(http.MethodGet, "/v1/consents/:id/receipt", a.consentReceipt).Taking("format"),
		route(http.MethodGet, "/v1/access-log", a.accessLog).Taking("limit", "cursor"),
	}
}

// show is what every route with data does: it asks release to show, and answers
// with what was released.
func (a *API) show(ctx context.Context, r *httpapi.Request, q release.Request, render func(release.Reading) (release.Content, error)) (httpapi.Answer, error) {
	q.Caller, q.CorrelationID, q.Lang, q.Known = r.Caller(), r.CorrelationID(), r.Lang(), r.Known
	released, err := a.d.Release.Show(ctx, q, render)
	if err != nil {
		return nil, err
	}
	return httpapi.Data(released), nil
}
