package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type auditWhoCommand struct {
	deed

	KeyRing string `name:"secret-key-file" help:"The service's key ring ($PCA_SECRET_KEY_FILE or $PCA_SECRET_KEY)." placeholder:"FILE"`
	Staff   string `arg:"" help:"The actor as an entry has it, such as staff:…"`
}

// Run names an account, once that it is asked for is in the log.
func (a auditWhoCommand) Run(env *environment) error {
	ring, err := person{KeyRing: a.KeyRing}.ring(env)
	if err != nil {
		return err
	}
	return a.do(env, func(db *store.Store, why subject.Ground) error {
		_, err := db.Log().Append(env.ctx, audit.Guard{}, why.On(audit.Entry{
			Kind: audit.AuditorRead, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: fmt.Sprintf("who is %.80q", a.Staff),
		}))
		if err != nil {
			return fmt.Errorf("log the question: %w", err)
		}
		found, err := account.Who(env.ctx, db.StaffAccounts(), ring, a.Staff)
		if errors.Is(err, account.ErrUnknown) {
			return account.ErrUnknown
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.stdout, "issuer\t%s\nsubject\t%s\n", found.Issuer, found.Subject)
		return err
	})
}
