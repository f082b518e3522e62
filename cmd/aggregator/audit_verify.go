package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

type auditVerifyCommand struct {
	database
	signing

	FromCheckpoint string `help:"File with a checkpoint that you kept yourself." placeholder:"FILE"`
	PublicKey      string `help:"Public key of the checkpoint that you kept, if it is not the one next to the database." placeholder:"FILE"`
}

// Run verifies the log, also while the service runs.
func (a auditVerifyCommand) Run(env *environment) (err error) {
	at, err := a.location()
	if err != nil {
		return err
	}
	known, err := a.checkpoints(env, at)
	if err != nil {
		return err
	}
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := audit.Verify(env.ctx, db.Log(), known...)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if err := audit.CheckWithheld(env.ctx, db.Log(), time.Now()); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	compared, err := compareConsents(env, db, report)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if _, err := fmt.Fprintf(env.stdout, "%sThe %d stored consent events agree with the log.\n", report.Text(), compared); err != nil {
		return err
	}
	if report.Checkpoints == 0 {
		return errNotCompared
	}
	return nil
}

// errNotCompared says that the log is whole in itself, which somebody who wrote it again could
// make so too.
var errNotCompared = errors.New("no checkpoint was compared: name one that was kept elsewhere with --from-checkpoint")

// checkpoints returns all that can be found: the one that was kept, and those next
// to the database and in the sink. The kept one may be of another key.
func (a auditVerifyCommand) checkpoints(env *environment, at location.Location) ([]audit.Checkpoint, error) {
	ownKey := a.keyPath(at) + ".pub"
	type source struct{ file, key string }
	var sources []source
	if a.FromCheckpoint != "" {
		sources = append(sources, source{a.FromCheckpoint, cmp.Or(a.PublicKey, ownKey)})
	}
	for _, file := range a.files(at) {
		if file == a.Sink || exists(file) { // a sink that was named and is not there is a fault
			sources = append(sources, source{file, ownKey})
		}
	}
	var known []audit.Checkpoint
	if strings.HasPrefix(a.Sink, "https://") {
		by, err := readPublicKeys(ownKey)
		if err != nil {
			return nil, err
		}
		found, err := a.readSink(env, by)
		if err != nil {
			return nil, err
		}
		if len(found.Checkpoints)+found.Foreign == 0 {
			_, err = fmt.Fprintln(env.stderr, "Nothing was compared with the https sink: it shows no checkpoint.")
		} else {
			known, err = usable(env, found, "the https sink")
		}
		if err != nil {
			return nil, err
		}
	}
	for _, source := range sources {
		by, err := readPublicKeys(source.key)
		if err != nil {
			return nil, err
		}
		found, err := readCheckpoints(env, source.file, by)
		if err != nil {
			return nil, err
		}
		known = append(known, found...)
	}
	return known, nil
}

// compareConsents compares the store of consents with the log. Where retention
// has pruned, older events need no entry any more.
func compareConsents(env *environment, db *store.Store, report audit.Report) (int, error) {
	var keptSince time.Time
	for _, p := range report.Prunings {
		first, err := db.Log().Records(env.ctx, p.Before-1, 1)
		if err != nil {
			return 0, err
		}
		for _, r := range first {
			if e, err := r.Entry(); err == nil && e.At.After(keptSince) {
				keptSince = e.At
			}
		}
	}
	return consent.CompareWithLog(env.ctx, db.Consents(), db.Log(), keptSince)
}
