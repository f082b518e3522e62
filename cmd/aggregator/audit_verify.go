package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

type auditVerifyCommand struct {
	database

	FromCheckpoint string `help:"File with a checkpoint that you kept yourself." placeholder:"FILE"`
	Sink           string `help:"File that checkpoints are published to." setting:"PCA_AUDIT_CHECKPOINT_SINK" placeholder:"FILE"`
	PublicKey      string `help:"Public key of the checkpoint that you kept, where it is not the one beside the database." placeholder:"FILE"`
}

// Run verifies the log, also while the service runs.
func (v auditVerifyCommand) Run(env *environment) (err error) {
	at, err := v.location()
	if err != nil {
		return err
	}
	known, err := v.checkpoints(env, at)
	if err != nil {
		return err
	}
	db, err := v.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := audit.Verify(env.ctx, db.Log(), known...)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	compared, err := compareConsents(env, db, report)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	_, err = fmt.Fprintf(env.stdout, "%sThe %d stored consent events are those that the log tells of.\n", report.Text(), compared)
	return err
}

// checkpoints are all that can be found: the one that was kept, and those beside
// the database and in the sink. The kept one may be of an older key.
func (v auditVerifyCommand) checkpoints(env *environment, at location.Location) ([]audit.Checkpoint, error) {
	ownKey := at.CheckpointKey() + ".pub"
	type source struct{ file, key string }
	var sources []source
	if v.FromCheckpoint != "" {
		sources = append(sources, source{v.FromCheckpoint, cmp.Or(v.PublicKey, ownKey)})
	}
	for _, optional := range []string{v.Sink, at.Checkpoints()} {
		if optional != "" && exists(optional) {
			sources = append(sources, source{optional, ownKey})
		}
	}
	var known []audit.Checkpoint
	for _, each := range sources {
		by, err := readPublicKey(each.key)
		if err != nil {
			return nil, err
		}
		found, unreadable, err := readCheckpoints(each.file, by)
		if err != nil {
			return nil, err
		}
		if unreadable > 0 {
			if _, err := fmt.Fprintf(env.stderr, "%d lines of %s are no checkpoint of this key. One can be a write that was cut short; more want an explanation.\n", unreadable, each.file); err != nil {
				return nil, err
			}
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
