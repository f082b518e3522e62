package main

import (
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type subjectSignOutCommand struct {
	person
	deed

	Everyone bool `help:"End every citizen's sessions instead of one citizen's." xor:"whose"`
	Staff    bool `help:"End the sessions of all members of staff instead." xor:"whose"`
}

// Run ends sessions, also while the service runs: it shows nothing to them from then on.
func (s subjectSignOutCommand) Run(env *environment) error {
	return s.do(env, func(db *store.Store, why subject.Ground) error {
		if s.Staff {
			return endStaff(env, db, why)
		}
		ended, err := s.end(env, db, why)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.stdout, "Ended %d sessions. NHS login may still know who it is on that device: only signing out there ends that.\n", ended)
		return err
	})
}

func (s subjectSignOutCommand) end(env *environment, db *store.Store, why subject.Ground) (int, error) {
	if s.Everyone {
		rights, err := rightsOf(db, nil)
		if err != nil {
			return 0, err
		}
		return rights.SignOutRef(env.ctx, "", why)
	}
	rights, number, err := s.rights(env, db)
	if err != nil {
		return 0, err
	}
	return rights.SignOut(env.ctx, number, why)
}

// endStaff ends the sessions of all members of staff, whose rows name nobody.
func endStaff(env *environment, db *store.Store, why subject.Ground) error {
	if err := account.EndAll(env.ctx, db.StaffAccounts(), time.Now()); err != nil {
		return err
	}
	entry := why.On(audit.Entry{Kind: audit.SignedOut, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "audit"})
	if _, err := db.Log().Append(env.ctx, audit.Guard{}, entry); err != nil {
		return fmt.Errorf("the sessions of staff have ended, but not on the record: %w", err)
	}
	_, err := fmt.Fprintln(env.stdout, "Ended the sessions of all members of staff. Their provider may still know who they are.")
	return err
}
