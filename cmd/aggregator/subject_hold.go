package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

type subjectHoldCommand struct {
	database
	person

	Reason   string `help:"Why, for the operators: it stays out of the log." required:""`
	Everyone bool   `help:"Hold the whole log and everybody, instead of one citizen."`
}

// Run places a hold.
func (h subjectHoldCommand) Run(env *environment) (err error) {
	db, err := h.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	placed := audit.Hold{}
	if h.Everyone {
		placed, err = holds(db).Place(env.ctx, "", h.Reason, audit.ActorOperator)
	} else {
		ref, findErr := h.find(env, db)
		if findErr != nil {
			return findErr
		}
		placed, err = holds(db).Place(env.ctx, ref, h.Reason, audit.ActorOperator)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Hold %s stands. Neither retention nor erasure touches what it covers until 'aggregator subject lift %s'.\n", placed.ID, placed.ID)
	return err
}

type subjectHoldsCommand struct{ database }

// Run lists the holds, lifted ones too.
func (h subjectHoldsCommand) Run(env *environment) (err error) {
	db, err := h.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	all, err := db.Log().Holds(env.ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	for _, each := range all {
		covers, until := "one citizen", "stands"
		if each.Citizen == "" {
			covers = "everybody"
		}
		if each.LiftedAt != nil {
			until = "lifted " + each.LiftedAt.Format(time.DateOnly)
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", each.ID, each.PlacedAt.Format(time.DateOnly), until, covers, each.Reason); err != nil {
			return err
		}
	}
	return table.Flush()
}

type subjectLiftCommand struct {
	database

	ID string `arg:"" help:"Of the hold, as 'subject holds' lists it."`
}

// Run ends a hold.
func (l subjectLiftCommand) Run(env *environment) (err error) {
	db, err := l.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := holds(db).Lift(env.ctx, l.ID, audit.ActorOperator); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, "The hold is lifted.")
	return err
}
