package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type auditRetentionCommand struct {
	database

	Correlation config.Period `help:"How long correlation ids are kept." setting:"PCA_RETENTION_CORRELATION" default:"90d"`
	Log         config.Period `help:"How long entries keep their content." setting:"PCA_RETENTION_LOG" default:"8y"`
	Approve     string        `help:"Remove what this proposal names, whatever the periods are by now. Otherwise what is due is counted only." placeholder:"PROPOSAL"`
	Operator    string        `help:"With --approve: your name. It stands in the log, with the user of this machine." placeholder:"NAME"`
	ApprovedBy  string        `help:"With --approve: who else has looked at it and agrees." placeholder:"NAME"`
}

// Run counts what is due, or approves a proposal to remove it, also while the service runs.
func (a auditRetentionCommand) Run(env *environment) (err error) {
	var names string
	if a.Approve != "" {
		if names, err = subject.Two(a.Operator, a.ApprovedBy); err != nil {
			return fmt.Errorf("%w: --operator and --approved-by: %w", errUsage, err)
		}
	}
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	retention := audit.Retention{Store: db.Log(), Now: time.Now, Correlations: a.Correlation.Before, Openings: a.Log.Before}
	desk, err := deskOf(db, retention)
	if err != nil {
		return err
	}
	if a.Approve != "" {
		return a.approve(env, desk, names)
	}
	due, err := retention.Due(env.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Due are %d correlation ids older than %s and the content of %d entries and %d ended consents older than %s.\n"+
		"The service removes correlation ids by itself. The rest goes when two people approve what it proposes:\n", due.Correlations, a.Correlation, due.Openings, due.Consents, a.Log)
	if err != nil {
		return err
	}
	return listProposals(env, desk)
}

func (a auditRetentionCommand) approve(env *environment, desk *approval.Desk, names string) error {
	p, err := desk.Proposal(env.ctx, a.Approve)
	if err != nil {
		return err
	}
	if p.Kind != approval.Retention {
		return fmt.Errorf("%w: proposal %s is not about retention", errUsage, a.Approve)
	}
	by := approval.Decider{Actor: audit.ActorOperator, Names: fmt.Sprintf("%s (user %s)", names, osUser())}
	if _, err := desk.Approve(env.ctx, a.Approve, by); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Removed what was due when it was proposed, on %s. The leaves stay, so the log still verifies. Nothing under hold was removed.\n", p.At.Format(time.DateOnly))
	return err
}

// deskOf is what operators approve through.
func deskOf(db *store.Store, retention audit.Retention) (*approval.Desk, error) {
	rights, err := rightsOf(db, nil)
	if err != nil {
		return nil, err
	}
	return approval.New(approval.Deps{
		Store: db.Proposals(), Log: db.Log(), Rights: rights, Retention: retention, Now: time.Now, NewID: uuid.NewString,
		SamePerson: func(_ context.Context, a, b audit.Actor) (bool, error) { return a == b, nil }, // no staff here
	})
}

func listProposals(env *environment, desk *approval.Desk) error {
	found, err := desk.Proposals(env.ctx)
	if err != nil {
		return err
	}
	open := 0
	for _, p := range found {
		if p.Kind != approval.Retention || !p.IsOpen(time.Now()) {
			continue
		}
		open++
		_, err := fmt.Fprintf(env.stdout, "  %s, of %s by %s: %d entries and %d consents, older than %s\n", p.ID, p.At.Format(time.DateOnly), p.By,
			p.Plan.Due.Openings, p.Plan.Due.Consents, p.Plan.OlderThan.Format(time.DateOnly))
		if err != nil {
			return err
		}
	}
	if open == 0 {
		_, err = fmt.Fprintln(env.stdout, "  nothing is proposed")
	}
	return err
}
