package app

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/auditor"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/signin"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// relyingParty is what a sign-in with one provider needs; name is the provider's,
// for metrics.
func (w *wiring) relyingParty(name string) oidc.Deps {
	return oidc.Deps{
		HTTP: w.outgoing(name, signInTimeout, maxDocument, nil).HTTP(), Store: w.app.store.OneTimeValues(), Ring: w.ring,
		Now: w.o.Now, Random: w.o.Random, AllowInsecure: w.c.Local(), Panics: w.panics,
	}
}

// signIn makes the routes where citizens sign in. forget drops what is kept in
// memory for a session that ended.
func (w *wiring) signIn(citizens *citizen.Registry, log audit.Appender, forget func(session.Session)) ([]httpapi.Route, error) {
	login, err := nhslogin.New(nhslogin.Deps{
		Issuer: w.c.NHSLogin.Issuer, ClientID: w.c.NHSLogin.ClientID, RedirectURL: w.c.PublicURL + "/auth/callback",
		Keys: w.login, NewID: w.newID, RelyingParty: w.relyingParty("nhs-login"),
	})
	if err != nil {
		return nil, fmt.Errorf("start NHS login: %w", err)
	}
	made, err := signin.New(signin.Deps{
		Login: login, Citizens: citizens, Sessions: w.app.sessions, Log: log, Forget: forget,
		Count: w.metrics.SignIn, Now: w.o.Now, Idle: w.c.SessionIdle,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}

// staffSignIn makes the routes where staff sign in; none where no provider is
// configured.
func (w *wiring) staffSignIn(sessions *staff.Sessions, log audit.Appender) ([]httpapi.Route, error) {
	c := w.c.Staff
	if c.Issuer == "" {
		return nil, nil
	}
	login, err := staff.NewSignIn(staff.Deps{
		Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: w.c.PublicURL + "/audit/callback",
		RoleClaim: c.RoleClaim, Role: c.AuditorRole, RelyingParty: w.relyingParty("staff"),
	})
	if err != nil {
		return nil, fmt.Errorf("start staff sign-in: %w", err)
	}
	made, err := auditor.NewSignIn(auditor.SignInDeps{Login: login, Sessions: sessions, Log: log, Count: w.metrics.SignIn, Now: w.o.Now})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}

// tidySignIns forgets sign-ins that nobody finished.
func (a *App) tidySignIns(ctx context.Context) error {
	if _, err := a.store.OneTimeValues().RemoveExpired(ctx, a.now()); err != nil {
		return fmt.Errorf("forget unfinished sign-ins: %w", err)
	}
	return nil
}
