package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	httpcitizen "github.com/patient-care-aggregator/aggregator/internal/httpapi/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/machine"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/pages"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/web"
)

// parts are what the HTTP packages are made with.
type parts struct {
	sources  *aggregate.Aggregator
	consents *subject.Consents
	clients  *client.Registry
	log      audit.Appender
	pages    *web.Pages
	ready    func(context.Context) error
}

// doors makes the HTTP packages and gives their routes.
func (w *wiring) doors(p parts) ([][]httpapi.Route, error) {
	a, c := w.app, w.c
	showing, err := release.New(release.Deps{
		Consents: p.consents, Sources: p.sources, History: a.history, Words: a.Words, Log: p.log, Now: w.o.Now,
		Reason: httpapi.Reason, Counted: w.counted,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	own, err := httpcitizen.New(httpcitizen.Deps{
		Release: showing, Consents: p.consents, Clients: p.clients, AuditLog: a.store.Log(), Now: w.o.Now, Words: a.wordsInForce,
		Links: httpcitizen.Links{
			Hosts: c.ManageHosts, AllowHTTP: !strings.HasPrefix(c.PublicURL, "https://"), AssertIdentity: w.assertIdentity(),
		},
		Signer: receiptSigner{w.login},
		Controller: consent.Controller{
			Issuer: c.PublicURL, Name: c.Operator.Name, Contact: c.Operator.Contact, PolicyURL: c.PublicURL + "/v1/privacy-notice",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	html, err := pages.New(pages.Deps{
		Release: showing, Consents: p.consents, Clients: p.clients, Notices: w.notices, Sessions: a.sessions,
		Web: p.pages, Now: w.o.Now, Idle: c.SessionIdle,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	machines, err := machine.New(machine.Deps{
		Ready: p.ready, Version: w.o.Version, StatusAPIKey: c.StatusAPIKey, JWKS: w.jwks, OpenAPI: api.OpenAPI,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return [][]httpapi.Route{own.Routes(), html.Routes(), machines.Routes()}, nil
}

func (w *wiring) counted(c timeline.Counts) {
	for kind, count := range c.Unknown {
		w.metrics.UnknownCode(string(kind), count)
	}
	w.metrics.NotAsSent("softened", c.Softened)
	w.metrics.NotAsSent("contradiction", c.Contradictions)
	w.metrics.NotAsSent("duplicate", c.Duplicates)
}

// receiptSigner signs receipts of consents with a key that the JWKS publishes.
// Their own type keeps them from being taken for a client assertion of the same key.
type receiptSigner struct{ keys *jose.Keys }

// SignPayload implements consent.Signer.
func (s receiptSigner) SignPayload(_ context.Context, payload []byte) (string, error) {
	return s.keys.Sign("consent-receipt+jwt", json.RawMessage(payload))
}
