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

// Run signs the log as it stands, publishes that, and prints the signed note.
func (c auditCheckpointCommand) Run(env *environment) (err error) {
	at, err := c.location()
	if err != nil {
		return err
	}
	db, err := c.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	signed, err := c.publish(env, at, db.Log())
	if err != nil {
		return err
	}
	if _, err := env.stdout.Write(signed.Note); err != nil {
		return fmt.Errorf("print the checkpoint: %w", err)
	}
	_, err = fmt.Fprint(env.stderr, "Keep this where nobody who can write to the database can change it: it is worth as much as that place.\n"+
		"It vouches for the entries so far, that none of them was changed, removed or added later; "+
		"not that they said the truth, nor that nothing was left out when they were written.\n")
	return err
}

type auditProveCommand struct {
	database
	signing

	Seq int64 `arg:"" help:"Number of the entry, from 0."`
}

// Run writes one entry with its proof, at a checkpoint that it publishes first.
func (p auditProveCommand) Run(env *environment) (err error) {
	at, err := p.location()
	if err != nil {
		return err
	}
	db, err := p.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now()
	_, err = db.Log().Append(env.ctx, audit.Guard{}, audit.Entry{
		Kind: audit.Exported, At: now, Actor: audit.ActorOperator, Purpose: fmt.Sprintf("prove entry %d", p.Seq), Outcome: audit.Succeeded,
	})
	if err != nil {
		return fmt.Errorf("log the export: %w", err)
	}
	signed, err := p.publish(env, at, db.Log())
	if err != nil {
		return err
	}
	return export.WriteEntry(env.ctx, db.Log(), env.stdout, p.Seq, signed.Size, now.UTC())
}

type auditPublicKeyCommand struct {
	database
	signing
}

// Run prints the public key.
func (c auditPublicKeyCommand) Run(env *environment) error {
	at, err := c.location()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(c.keyPath(at) + ".pub")
	if err != nil {
		return fmt.Errorf("read the public key: %w", err)
	}
	_, err = env.stdout.Write(text)
	return err
}
