package app

import (
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// auditors lets staff in, where their provider is configured; nil where it is not.
func (w *wiring) auditors(citizens *citizen.Registry, key checkpoint.Key, sessions *staff.Sessions) *httpapi.Auditors {
	a := w.app
	if w.c.Staff.Issuer == "" {
		return nil
	}
	return &httpapi.Auditors{
		Sessions: sessions, Citizens: citizens, Counts: a.store.Log(),
		Checkpoint: a.checkpoints.PublishSigned, CheckpointAt: a.checkpoints.SignedAt, PublicKey: key.Public,
	}
}
