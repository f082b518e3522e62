package app

import (
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// auditors lets staff in, where their provider is configured; nil where it is not.
func (w *wiring) auditors(citizens *citizen.Registry, key checkpoint.Key) (*httpapi.Auditors, error) {
	a, c, now := w.app, w.c, w.o.Now
	if c.Staff.Issuer == "" {
		return nil, nil
	}
	signIn, err := staff.NewSignIn(staff.Deps{
		Issuer: c.Staff.Issuer, ClientID: c.Staff.ClientID, ClientSecret: c.Staff.ClientSecret,
		RedirectURL: c.PublicURL + "/audit/callback", RoleClaim: c.Staff.RoleClaim, Role: c.Staff.AuditorRole,
		HTTP: w.outgoing("staff", signInTimeout, maxDocument, nil).HTTP(), Ring: w.ring, States: a.store.OneTimeValues(), Now: now, AllowInsecure: c.Local(),
	})
	if err != nil {
		return nil, fmt.Errorf("start staff sign-in: %w", err)
	}
	return &httpapi.Auditors{
		SignIn: signIn, Sessions: staff.NewSessions(now, w.o.Random), Citizens: citizens, Counts: a.store.Log(),
		Checkpoint: a.checkpoints.PublishSigned, CheckpointAt: a.checkpoints.SignedAt, PublicKey: key.Public,
	}, nil
}
