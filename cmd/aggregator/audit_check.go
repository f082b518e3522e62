package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
)

type auditCheckCommand struct {
	Export      string   `arg:"" help:"NDJSON export of 'audit export', 'audit prove' or /audit/v1/entries." type:"existingfile"`
	Checkpoints []string `help:"Files with checkpoints that you kept." required:"" placeholder:"FILE"`
	PublicKey   string   `help:"File with the public key, which you got separately." required:"" placeholder:"FILE"`
}

// Run proves an export, on any machine.
func (a auditCheckCommand) Run(env *environment) (err error) {
	by, err := readPublicKey(a.PublicKey)
	if err != nil {
		return err
	}
	var known []audit.Checkpoint
	for _, file := range a.Checkpoints {
		found, err := readCheckpoints(env, file, by)
		if err != nil {
			return err
		}
		known = append(known, found...)
	}
	f, err := os.Open(a.Export)
	if err != nil {
		return fmt.Errorf("open the export: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	whole, err := isWhole(f)
	if err != nil {
		return err
	}
	report, err := export.Check(f, known...)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if whole {
		_, err = io.WriteString(env.stdout, report.Text())
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Each of the %d entries of this export is in the signed log, unchanged and in its place.\n"+
		"The export is filtered: it cannot be proved that nothing is missing from it. Ask for a whole export for that.\n"+
		"This does not prove that everything that happened was written to the log, or that entries were true when they were written.\n", report.Entries)
	return err
}

// isWhole reports whether an export claims to be of the whole log, and rewinds it to
// its beginning.
func isWhole(f io.ReadSeeker) (bool, error) {
	first, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read the export: %w", err)
	}
	var head struct{ Whole bool }
	if err := json.Unmarshal(first, &head); err != nil {
		return false, fmt.Errorf("%w: %w", errUsage, export.ErrNotExport)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, fmt.Errorf("read the export: %w", err)
	}
	return head.Whole, nil
}
