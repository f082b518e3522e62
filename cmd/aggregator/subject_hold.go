package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type subjectHoldCommand struct {
	person
	deed

	Everyone bool `help:"Hold the whole log and everybody, instead of one citizen."`
}

// Run places a hold.
func (s subjectHoldCommand) Run(env *environment) error {
	return s.do(env, func(db *store.Store, why subject.Ground) error {
		placed, err := s.place(env, db, why)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.stdout, "Hold %s is in force. Neither retention nor erasure removes what it covers until you run 'aggregator subject lift %s --reason … --operator … --approved-by …'.\n", placed.ID, placed.ID)
		return err
	})
}

func (s subjectHoldCommand) place(env *environment, db *store.Store, why subject.Ground) (audit.Hold, error) {
	if s.Everyone {
		rights, err := rightsOf(db, nil)
		if err != nil {
			return audit.Hold{}, err
		}
		return rights.HoldRef(env.ctx, "", why)
	}
	rights, number, err := s.rights(env, db)
	if err != nil {
		return audit.Hold{}, err
	}
	return rights.Hold(env.ctx, number, why)
}

type subjectHoldsCommand struct{ database }

// Run lists the holds, including lifted ones.
func (s subjectHoldsCommand) Run(env *environment) (err error) {
	db, err := s.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	all, err := db.Log().Holds(env.ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	for _, hold := range all {
		covers, until := "one citizen", "in force"
		if hold.Citizen == "" {
			covers = "everybody"
		}
		if hold.LiftedAt != nil {
			until = "lifted " + hold.LiftedAt.Format(time.DateOnly) + ": " + hold.LiftReason
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", hold.ID, hold.PlacedAt.Format(time.DateOnly), until, covers, hold.Reason); err != nil {
			return err
		}
	}
	return table.Flush()
}

type subjectLiftCommand struct {
	graveDeed

	ID string `arg:"" help:"Of the hold, as 'subject holds' lists it."`
}

// Run ends a hold.
func (s subjectLiftCommand) Run(env *environment) error {
	return s.do(env, func(db *store.Store, why subject.Ground) error {
		rights, err := rightsOf(db, nil)
		if err != nil {
			return err
		}
		if err := rights.Lift(env.ctx, s.ID, why); err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.stdout, "The hold is lifted.")
		return err
	})
}
