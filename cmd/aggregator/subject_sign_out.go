package main

import (
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type subjectSignOutCommand struct {
	person
	deed

	Everyone bool `help:"End everybody's sessions instead of one citizen's."`
}

// Run ends sessions, also while the service runs: it shows nothing to them from then on.
func (s subjectSignOutCommand) Run(env *environment) error {
	return s.do(env, func(db *store.Store, why subject.Ground) error {
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
