package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/restore"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

type auditAcceptForkCommand struct {
	database
	signing
	approved

	State string `arg:"" help:"The log as it is, SIZE:ROOT; with any other text the command tells it and changes nothing."`
}

// Run accepts a restored database. It takes the place of the one service, so that none
// runs meanwhile.
func (a auditAcceptForkCommand) Run(env *environment) (err error) {
	why, err := a.parse()
	if err != nil {
		return err
	}
	at, err := a.location()
	if err != nil {
		return err
	}
	last, erasures, err := a.published(env, at)
	if err != nil {
		return err
	}
	db, err := store.OpenAlone(env.ctx, a.Database, store.Options{Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	done, err := restore.Accept(env.ctx, restore.Deps{
		Log: db.Log(), Consents: db.Consents(), Sessions: db.Sessions(), Staff: db.StaffAccounts(), OneTime: db.OneTimeValues(), Subjects: db.Subjects(), Now: time.Now,
	}, restore.Request{State: a.State, Last: last, Erasures: erasures, Why: why})
	if err != nil {
		return err
	}
	key, err := checkpoint.BeginAgain(a.keyPath(at), at.Checkpoints(), time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Accepted. %d consents are suspended until their citizens confirm them, %d people were erased again, and %d sessions were ended.\n"+
		"Erase again, before you start the service, who was erased in the last minutes before the loss: their erasure may not have been published.\n"+
		"Checkpoints are signed with a new key from now on. Give auditors its public half:\n%s\n", done.Consents, done.Erased, done.Sessions, key.Public)
	return err
}

// published is the newest checkpoint that keys of the log signed, and the erasures, as far
// as files and the https sink know them.
func (a auditAcceptForkCommand) published(env *environment, at location.Location) (last audit.Checkpoint, erasures []audit.Erasure, err error) {
	key, err := checkpoint.ReadKey(a.keyPath(at))
	if err != nil {
		return last, nil, err
	}
	remote, err := a.readSink(env, key.PublicKeys())
	if err != nil {
		return last, nil, fmt.Errorf("%w; with --sink= in the command only files are read, and what the sink knows of the lost log is not", err)
	}
	all := []checkpoint.Found{remote}
	for _, file := range a.files(at) {
		found, err := checkpoint.NewFileSink(file).Checkpoints(key.PublicKeys())
		if err != nil {
			return last, nil, err
		}
		all = append(all, found)
	}
	for _, found := range all {
		for _, c := range found.Checkpoints {
			if c.Size > last.Size {
				last = c
			}
		}
		erasures = append(erasures, found.Erasures...)
	}
	return last, erasures, nil
}
