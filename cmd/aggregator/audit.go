package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Recompute the whole log and name the first entry that is wrong."`
	Export auditExportCommand `cmd:"" help:"Write the log for an auditor. That it was exported is itself logged."`
}

type auditVerifyCommand struct {
	database
}

// Run verifies the log, also while the service runs.
func (v auditVerifyCommand) Run(w *world) (err error) {
	db, err := v.open(w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := audit.Verify(w.ctx, db.Log())
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	_, err = fmt.Fprintln(w.stdout, report.Text())
	return err
}

type auditExportCommand struct {
	database

	Format string `help:"ndjson, csv or fhir." enum:"ndjson,csv,fhir" default:"ndjson"`
}

// Run exports the log, also while the service runs.
func (x auditExportCommand) Run(w *world) (err error) {
	db, err := x.open(w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now()
	_, err = db.Log().Append(w.ctx, audit.Entry{
		Kind: audit.Exported, At: now, Actor: audit.ActorOperator, Purpose: "export " + x.Format, Outcome: audit.Succeeded,
	})
	if err != nil {
		return fmt.Errorf("log the export: %w", err)
	}
	if err := audit.Export(w.ctx, db.Log(), w.stdout, audit.ExportOptions{Format: audit.Format(x.Format), MadeAt: now}); err != nil {
		return err
	}
	return nil
}

// database is where the log is: the flag, or the service's own setting.
type database struct {
	Database string `help:"sqlite:PATH of the database." env:"PCA_DATABASE_URL" required:""`
}

func (d database) open(w *world) (*sqlite.DB, error) {
	path, ok := strings.CutPrefix(d.Database, "sqlite:")
	if !ok {
		return nil, fmt.Errorf("%w: the database must be sqlite:PATH", errUsage)
	}
	db, err := sqlite.OpenBeside(w.ctx, path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	return db, nil
}
