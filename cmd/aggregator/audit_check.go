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
	File        string   `arg:"" help:"NDJSON export of 'audit export', 'audit prove' or /audit/v1/entries, or an answer of /audit/v1/proof or /audit/v1/consistency." type:"existingfile"`
	Checkpoints []string `help:"Files with checkpoints that you kept." required:"" placeholder:"FILE"`
	PublicKey   string   `help:"File with the public key, which you got separately." required:"" placeholder:"FILE"`
}

// Run proves an export, or checks a proof, on any machine.
func (a auditCheckCommand) Run(env *environment) (err error) {
	by, err := readPublicKeys(a.PublicKey)
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
	f, err := os.Open(a.File)
	if err != nil {
		return fmt.Errorf("open the export: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	first, err := firstLine(f)
	if err != nil {
		return err
	}
	if proof, ok := readProof(first); ok {
		return proof.check(known, env.stdout)
	}
	var head struct{ Whole bool }
	if err := json.Unmarshal(first, &head); err != nil {
		return fmt.Errorf("%w: %w", errUsage, export.ErrNotExport)
	}
	report, err := export.Check(f, known...)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if head.Whole {
		_, err = io.WriteString(env.stdout, report.Text())
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "Each of the %d entries of this export is in the signed log, unchanged and in its place.\n"+
		"The export is filtered: it cannot be proved that nothing is missing from it. Ask for a whole export for that.\n"+
		"This does not prove that everything that happened was written to the log, or that entries were true when they were written.\n", report.Entries)
	return err
}

// firstLine is the first line of a file, which is at its beginning again afterwards.
func firstLine(f io.ReadSeeker) ([]byte, error) {
	first, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	return first, nil
}
