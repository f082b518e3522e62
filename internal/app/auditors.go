package app

import (
	"fmt"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// auditors lets staff in, where their provider is configured; nil where it is not.
func (a *App) auditors(c config.Config, ring *keys.Ring, citizens *citizen.Registry, key audit.Key, client *http.Client, now func() time.Time) (*httpapi.Auditors, error) {
	if c.Staff.Issuer == "" {
		return nil, nil
	}
	signIn, err := staff.NewSignIn(staff.Deps{
		Issuer: c.Staff.Issuer, ClientID: c.Staff.ClientID, ClientSecret: c.Staff.ClientSecret,
		RedirectURL: c.PublicURL + "/audit/callback", RoleClaim: c.Staff.RoleClaim, Role: c.Staff.AuditorRole,
		HTTP: client, Ring: ring, States: a.store.OneTimeValues(), Now: now, AllowInsecure: c.Local(),
	})
	if err != nil {
		return nil, fmt.Errorf("start staff sign-in: %w", err)
	}
	return &httpapi.Auditors{
		SignIn: signIn, Sessions: staff.NewSessions(now), Citizens: citizens, Counts: a.store.Log(),
		Checkpoint: a.checkpoints.PublishSigned, CheckpointAt: a.checkpoints.SignedAt, PublicKey: key.Public,
	}, nil
}
