package main

import (
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

type storeCommand struct {
	Copy storeCopyCommand `cmd:"" help:"Move everything from a SQLite file into an empty PostgreSQL database. No service must run on either; the file is not served again."`
}

type storeCopyCommand struct {
	signature

	From string `help:"URL of the file: sqlite:PATH." required:""`
	To   string `help:"URL of the new database: postgres://USER@HOST/DATABASE." setting:"PCA_DATABASE_URL" required:""`
}

// Run moves the database. It can be run again after an interruption.
func (s storeCopyCommand) Run(env *environment) error {
	if _, err := location.Parse(s.From); err != nil {
		return fmt.Errorf("%w: --from: its URL %w", errUsage, err)
	}
	to, err := location.Parse(s.To)
	if err != nil {
		return fmt.Errorf("%w: --to: its URL %w", errUsage, err)
	}
	moved, err := s.sign(audit.Entry{Kind: audit.Moved, At: time.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "to " + to.String()})
	if err != nil {
		return err
	}
	there, err := store.Move(env.ctx, s.From, s.To, moved, store.Options{})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Moved: %d entries, root %s. The log was verified where it is now.\n"+
		"Serve it with the same key ring. Take along the key that signs checkpoints and the checkpoints, which were next to the file:\n"+
		"PCA_AUDIT_CHECKPOINT_KEY_FILE and PCA_AUDIT_CHECKPOINT_SINK name them from now on (docs/runbooks/move-to-postgresql.md).\n", there.Size, there.Root)
	return err
}
