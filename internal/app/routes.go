package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/auditor"
	httpcitizen "github.com/patient-care-aggregator/aggregator/internal/httpapi/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/machine"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/pages"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/signin"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/web"
)

func (w *wiring) release(p people, sources release.Sources, words *words, r record, together shared) (*release.Service, error) {
	showing, err := release.New(release.Deps{
		Consents: p.consents, Sources: sources, History: p.history, Words: words.current, Now: w.o.Now,
		Log: r.appender, Recording: func(c *history.Change) audit.Appender { return r.watched(p.history.Recording(c)) },
		HandOffs: backend[time.Time](w, together, "hand-off", maxHandOffs),
		Reason:   httpapi.Reason, Counted: w.counted,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return showing, nil
}

func (w *wiring) counted(c timeline.Counts) {
	for kind, count := range c.Unknown {
		w.metrics.UnknownCode(string(kind), count)
	}
	w.metrics.NotAsSent("softened", c.Softened)
	w.metrics.NotAsSent("contradiction", c.Contradictions)
	w.metrics.NotAsSent("duplicate", c.Duplicates)
}

// citizenRoutes are the JSON answers for citizens' apps.
func (w *wiring) citizenRoutes(showing *release.Service, p people, clients *client.Registry, r record, words *words, signing secrets) ([]httpapi.Route, error) {
	c := w.c
	made, err := httpcitizen.New(httpcitizen.Deps{
		Release: showing, Consents: p.consents, Clients: clients, AuditLog: r.stored, Now: w.o.Now, Words: words.set,
		Links: httpcitizen.Links{
			Hosts: c.ManageHosts, AllowHTTP: !strings.HasPrefix(c.PublicURL, "https://"), AssertIdentity: w.assertIdentity(signing.login),
		},
		Signer: receiptSigner{signing.receipts},
		Controller: consent.Controller{
			Issuer: c.PublicURL, Name: c.Operator.Name, Contact: c.Operator.Contact, PolicyURL: c.PublicURL + "/v1/privacy-notice",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}

// assertIdentity signs citizens on to other NHS services, where NHS login has
// configured the pair; nil where the deployment does without.
func (w *wiring) assertIdentity(login *jose.Keys) func(string) (string, time.Time, error) {
	if w.c.ManageSSO != "on" {
		return nil
	}
	return func(idTokenID string) (string, time.Time, error) {
		return login.AssertedLoginIdentity(w.c.NHSLogin.ClientID, idTokenID, w.newID(), w.o.Now())
	}
}

// receiptSigner signs receipts of consents with a key that the JWKS publishes.
// Their own type keeps them from being taken for a client assertion of the same key.
type receiptSigner struct{ keys *jose.Keys }

// SignPayload implements consent.Signer.
func (s receiptSigner) SignPayload(_ context.Context, payload []byte) (string, error) {
	return s.keys.Sign("consent-receipt+jwt", json.RawMessage(payload))
}

// pageRoutes are the pages for citizens.
func (w *wiring) pageRoutes(showing *release.Service, p people, clients *client.Registry, notices *consent.Notices, html *web.Pages) ([]httpapi.Route, error) {
	made, err := pages.New(pages.Deps{
		Release: showing, Consents: p.consents, Clients: clients, Notices: notices, Sessions: p.sessions,
		Web: html, Now: w.o.Now, Idle: w.c.SessionIdle,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}

func (w *wiring) machineRoutes(r record, jwks []byte) ([]httpapi.Route, error) {
	inJSON, err := api.JSON()
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	made, err := machine.New(machine.Deps{
		Ready: r.ready, Checkpoints: r.checkpoints.Failed, Version: w.o.Version, StatusAPIKey: w.c.StatusAPIKey, JWKS: jwks,
		OpenAPI: api.OpenAPI, OpenAPIJSON: inJSON, Contact: w.c.Operator.Contact, Now: w.o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}

// signInRoutes are where citizens sign in. forget drops what is kept in memory for
// a session that ended.
func (w *wiring) signInRoutes(p people, r record, login *jose.Keys, party oidc.Deps, forget func(session.Session)) ([]httpapi.Route, error) {
	provider, err := w.nhsLogin(login, party)
	if err != nil {
		return nil, err
	}
	made, err := signin.New(signin.Deps{
		Login: provider, Citizens: p.citizens, Sessions: p.sessions, Log: r.appender, Forget: forget,
		Count: w.metrics.SignIn, Now: w.o.Now, Idle: w.c.SessionIdle, Max: w.c.SessionMax,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}

// members are the parts that know staff.
type members struct {
	sessions *staff.Sessions
	party    oidc.Deps
	accounts account.Store
	desk     *approval.Desk
}

// auditorRoutes are where staff sign in and read the log; none where no provider
// for them is configured.
func (w *wiring) auditorRoutes(p people, r record, m members) ([]httpapi.Route, error) {
	if w.c.Staff.Issuer == "" {
		return nil, nil
	}
	provider, err := w.staffSignIn(m.party, m.accounts)
	if err != nil {
		return nil, err
	}
	signIn, err := auditor.NewSignIn(auditor.SignInDeps{
		Login: provider, Sessions: m.sessions, Log: r.appender, Count: w.metrics.SignIn, Now: w.o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	log, err := auditor.NewLog(auditor.LogDeps{
		Log: r.stored, Appender: r.appender, Citizens: p.citizens, Counts: r.stored, Now: w.o.Now,
		Checkpoint: r.checkpoints.SignedNow, CheckpointAt: r.checkpoints.SignedAt, PublicKey: r.key.Public,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	acts, err := auditor.NewActs(auditor.ActsDeps{Desk: m.desk, Appender: r.appender, Citizens: p.citizens, Now: w.o.Now})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return slices.Concat(signIn.Routes(), log.Routes(), acts.Routes()), nil
}
