package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

type auditExportCommand struct {
	database
	signing
	person
	signature

	Format   string   `help:"ndjson (the only one that 'audit check' can prove), csv or fhir." enum:"ndjson,csv,fhir" default:"ndjson"`
	Since    string   `help:"Entries of this time or later: RFC 3339, or a day (UTC)." placeholder:"TIME"`
	Until    string   `help:"Entries before this time." placeholder:"TIME"`
	List     string   `help:"Entries of this list: one that an entry names, everybody or service. '--nhs-number-file' chooses a citizen's instead." placeholder:"LIST"`
	Client   string   `help:"Entries of this app."`
	Kind     []string `help:"Entries of these kinds, such as data_released." placeholder:"KIND"`
	Outcome  string   `help:"success, refused or failure."`
	Unsigned bool     `help:"Sign no checkpoint for it: for a log that cannot be signed, because it does not continue what was signed."`
	Prove    bool     `help:"Add to each entry the proof that it is in the log; a filtered export can be checked only with it."`
}

// Run exports the current log, also while the service runs, for a checkpoint that
// it publishes first.
func (a auditExportCommand) Run(env *environment) (err error) {
	filter, err := a.filter()
	if err != nil {
		return err
	}
	at, err := a.location()
	if err != nil {
		return err
	}
	db, err := a.open(env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var about citizen.Ref
	if a.NumberFile != "" {
		if about, err = a.find(env, db); err != nil {
			return err
		}
	}
	now := time.Now()
	e, err := a.sign(audit.Entry{
		Kind: audit.Exported, At: now, Actor: audit.ActorOperator, Purpose: "export " + a.Format, Outcome: audit.Succeeded,
		Citizen: about, List: filter.List, Client: filter.Client,
	})
	if err != nil {
		return err
	}
	_, err = db.Log().Append(env.ctx, audit.Guard{}, e)
	if err != nil {
		return fmt.Errorf("log the export: %w", err)
	}
	if about != "" {
		if filter.List, err = db.Log().ListOf(env.ctx, about); err != nil {
			return err
		}
	}
	size, err := a.size(env, at, db.Log())
	if err != nil {
		return err
	}
	return export.Write(env.ctx, export.Pinned(db.Log(), size), env.stdout, export.Options{
		Format: export.Format(a.Format), Filter: filter, Prove: a.Prove, MadeAt: now.UTC(), Unsigned: a.Unsigned,
	})
}

// size is how many entries are exported: as many as a checkpoint is published for, or
// all.
func (a auditExportCommand) size(env *environment, at location.Location, log checkpoint.Log) (int64, error) {
	if a.Unsigned {
		return log.Size(env.ctx)
	}
	signed, err := a.publish(env, at, log)
	return signed.Size, err
}

func (a auditExportCommand) filter() (audit.Filter, error) {
	f := audit.Filter{Client: client.ID(a.Client), Outcome: audit.Outcome(a.Outcome)}
	var err error
	if f.List, err = audit.ParseListID(a.List); err != nil || a.List != "" && a.NumberFile != "" {
		return f, fmt.Errorf("%w: --list: must be as an entry has it, and without --nhs-number-file", errUsage)
	}
	if f.Since, err = readTime(a.Since); err != nil {
		return f, fmt.Errorf("%w: --since: %w", errUsage, err)
	}
	if f.Until, err = readTime(a.Until); err != nil {
		return f, fmt.Errorf("%w: --until: %w", errUsage, err)
	}
	for _, kind := range a.Kind {
		if !slices.Contains(audit.Kinds(), audit.Kind(kind)) {
			return f, fmt.Errorf("%w: --kind: %q is no kind of entry", errUsage, kind)
		}
		f.Kinds = append(f.Kinds, audit.Kind(kind))
	}
	if f.Outcome != "" && !slices.Contains(audit.Outcomes(), f.Outcome) {
		return f, fmt.Errorf("%w: --outcome: %q is neither success nor refused nor failure", errUsage, a.Outcome)
	}
	return f, nil
}

// readTime reads RFC 3339, or a day, which begins at 00:00 UTC; empty: zero.
func readTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errors.New("must be a time such as 2026-03-31T09:00:00Z, or a day such as 2026-03-31")
	}
	return at, nil
}
