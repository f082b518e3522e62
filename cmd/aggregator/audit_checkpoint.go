package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
)

type auditCheckpointCommand struct {
	database
	signing
}

// Run signs the current log, publishes the checkpoint, and prints the signed note.
func (a auditCheckpointCommand) Run(env *environment) (err error) {
	at, err := a.location()
	if err != nil {
		return err
	}
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	signed, err := a.publish(env, at, db.Log())
	if err != nil {
		return err
	}
	if _, err := env.stdout.Write(signed.Note); err != nil {
		return fmt.Errorf("print the checkpoint: %w", err)
	}
	_, err = fmt.Fprint(env.stderr, "Keep this in a place that people who can write to the database cannot change: it proves only as much as that place is safe.\n"+
		"It proves for the entries so far that none of them was changed, removed or added later; "+
		"it does not prove that they were true, nor that everything was written to the log.\n")
	return err
}

type auditProveCommand struct {
	database
	signing

	Seq int64 `arg:"" help:"Number of the entry, from 0."`
}

// Run writes one entry with its proof, for a checkpoint that it publishes first.
func (a auditProveCommand) Run(env *environment) (err error) {
	at, err := a.location()
	if err != nil {
		return err
	}
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now()
	_, err = db.Log().Append(env.ctx, audit.Guard{}, audit.Entry{
		Kind: audit.Exported, At: now, Actor: audit.ActorOperator, Purpose: fmt.Sprintf("prove entry %d", a.Seq), Outcome: audit.Succeeded,
	})
	if err != nil {
		return fmt.Errorf("log the export: %w", err)
	}
	signed, err := a.publish(env, at, db.Log())
	if err != nil {
		return err
	}
	return export.WriteEntry(env.ctx, db.Log(), env.stdout, a.Seq, signed.Size, now.UTC())
}

type auditPublicKeyCommand struct {
	database
	checkpointKey
}

// Run prints the public keys, the one in use first.
func (a auditPublicKeyCommand) Run(env *environment) error {
	at, err := a.location()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(a.keyPath(at) + ".pub")
	if err != nil {
		return fmt.Errorf("read the public key: %w", err)
	}
	_, err = env.stdout.Write(text)
	return err
}
