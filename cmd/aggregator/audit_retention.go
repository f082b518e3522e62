package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/config"
)

type auditRetentionCommand struct {
	database

	Correlation config.Period `help:"How long correlation ids are kept." setting:"PCA_RETENTION_CORRELATION" default:"90d"`
	Log         config.Period `help:"How long entries keep their content." setting:"PCA_RETENTION_LOG" default:"8y"`
	Remove      bool          `help:"Remove what is due. Otherwise it is counted only."`
}

// Run counts or removes what is due, also while the service runs.
func (a auditRetentionCommand) Run(env *environment) (err error) {
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	retention := audit.Retention{Store: db.Log(), Now: time.Now, Correlations: a.Correlation.Before, Openings: a.Log.Before}
	if !a.Remove {
		due, err := retention.Due(env.ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.stdout, "Due are %d correlation ids older than %s and the content of %d entries and %d ended consents older than %s. "+
			"Nothing was removed: add --remove for that, or let the service do it.\n", due.Correlations, a.Correlation, due.Openings, due.Consents, a.Log)
		return err
	}
	forgotten, err := retention.Forget(env.ctx)
	if err != nil {
		return err
	}
	before, _, err := retention.Proposable(env.ctx)
	if err != nil {
		return err
	}
	var done audit.Retained
	if before > 0 {
		e := audit.Entry{Kind: audit.Pruned, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "retention"}
		if done, err = retention.Remove(env.ctx, time.Now(), before, e); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(env.stdout, "Removed %d correlation ids older than %s and the content of %d entries and %d ended consents older than %s. "+
		"Their leaves stay, so the log still verifies. Nothing under hold was removed.\n", forgotten, a.Correlation, done.Openings, done.Consents, a.Log)
	return err
}
