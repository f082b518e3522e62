package app

import (
	"fmt"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// relyingParty is what a sign-in with one provider needs.
func (w *wiring) relyingParty(pending oidc.Store, ring *keys.Ring, provider *upstream.Client) oidc.Deps {
	return oidc.Deps{
		HTTP: provider.HTTP(), Store: pending, Ring: ring,
		Now: w.o.Now, Random: w.o.Random, AllowInsecure: w.c.Local(), Panics: w.panics,
	}
}

// nhsLogin is where citizens sign in.
func (w *wiring) nhsLogin(login *jose.Keys, party oidc.Deps) (*nhslogin.Client, error) {
	c, err := nhslogin.New(nhslogin.Deps{
		Issuer: w.c.NHSLogin.Issuer, ClientID: w.c.NHSLogin.ClientID, RedirectURL: w.c.PublicURL + "/auth/callback",
		Keys: login, NewID: w.newID, RelyingParty: party,
	})
	if err != nil {
		return nil, fmt.Errorf("start NHS login: %w", err)
	}
	return c, nil
}

// staffSignIn is where auditors sign in, where a provider for them is configured.
func (w *wiring) staffSignIn(party oidc.Deps, accounts account.Store) (*staff.SignIn, error) {
	c := w.c.Staff
	s, err := staff.NewSignIn(staff.Deps{
		Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, RedirectURL: w.c.PublicURL + "/audit/callback",
		RoleClaim: c.RoleClaim, Roles: c.Roles, ACR: strings.Fields(c.ACR), RelyingParty: party, Accounts: accounts,
	})
	if err != nil {
		return nil, fmt.Errorf("start staff sign-in: %w", err)
	}
	return s, nil
}
