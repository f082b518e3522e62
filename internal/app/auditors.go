package app

import (
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/auditor"
)

// auditors makes the routes where staff read the log; none where no provider for
// them is configured.
func (w *wiring) auditors(citizens *citizen.Registry, key checkpoint.Key, log audit.Appender) ([]httpapi.Route, error) {
	a := w.app
	if w.c.Staff.Issuer == "" {
		return nil, nil
	}
	made, err := auditor.NewLog(auditor.LogDeps{
		Log: a.store.Log(), Appender: log, Citizens: citizens, Counts: a.store.Log(), Now: w.o.Now,
		Checkpoint: a.checkpoints.PublishSigned, CheckpointAt: a.checkpoints.SignedAt, PublicKey: key.Public,
	})
	if err != nil {
		return nil, fmt.Errorf("start API: %w", err)
	}
	return made.Routes(), nil
}
