package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Format is how an export is written.
type Format string

// The formats. Only NDJSON holds what [Check] needs.
const (
	NDJSON Format = "ndjson" // a header line, then one JSON object a line with the exact leaf
	CSV    Format = "csv"    // RFC 4180, for spreadsheets
	FHIR   Format = "fhir"   // one FHIR R4 AuditEvent a line
)

// ErrUnknownFormat says that there is no such format.
var ErrUnknownFormat = errors.New("unknown export format")

// Options say what to export and how.
type Options struct {
	Format Format
	Filter audit.Filter
	// Prove adds to each entry of an NDJSON export the proof that it is in the
	// tree that the header names. A filtered export can be checked only with
	// proofs; a whole one needs none.
	Prove  bool
	MadeAt time.Time
	// Unsigned says that no checkpoint was made for the export.
	Unsigned bool
}

const pageSize = 500

// Write writes the entries that the filter chooses, as they are when it
// begins; what is appended in the meantime is not included. It holds one page in memory,
// however long the log, and writes no more once ctx has ended. Filtered by
// nothing, it is the whole log in its order, with pruned entries as bare hashes
// (NDJSON, CSV; FHIR leaves them out).
//
// The caller records that it happened ([audit.Exported]) before it starts.
func Write(ctx context.Context, log audit.Source, w io.Writer, o Options) error {
	size, err := log.Size(ctx)
	if err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	root, err := tlog.TreeHash(size, audit.HashReader(ctx, log))
	if err != nil {
		return fmt.Errorf("export audit log: compute root: %w", err)
	}
	head := header{Version: version, Size: size, Root: root, MadeAt: o.MadeAt, Whole: o.Filter.MatchesAll() && !o.Filter.NewestFirst, Filter: o.Filter, Unsigned: o.Unsigned}
	buffered := bufio.NewWriter(w)
	var out formatWriter
	switch o.Format {
	case NDJSON:
		x := ndjsonWriter{w: buffered, head: head}
		if o.Prove {
			x.prove = func(seq int64) (tlog.RecordProof, error) {
				return tlog.ProveRecord(size, seq, audit.HashReader(ctx, log))
			}
		}
		out = &x
	case CSV:
		out = newCSVWriter(buffered)
	case FHIR:
		out = &fhirWriter{w: buffered}
	default:
		return fmt.Errorf("export audit log: %w", ErrUnknownFormat)
	}
	if err := out.begin(); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	if err := writeRecords(ctx, log, size, o.Filter, out); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	if err := errors.Join(out.end(), buffered.Flush()); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	return nil
}

// formatWriter writes one format.
type formatWriter interface {
	begin() error
	record(r audit.Record) error
	end() error
}

func writeRecords(ctx context.Context, log audit.Source, size int64, f audit.Filter, out formatWriter) error {
	next := wholeLog(log)
	if !f.MatchesAll() || f.NewestFirst {
		next = matching(log, f)
	}
	for {
		page, err := next(ctx)
		if err != nil {
			return err
		}
		for _, r := range page {
			if r.Seq >= size { // came after the export began
				if !f.NewestFirst {
					return nil
				}
				continue
			}
			if err := out.record(r); err != nil {
				return fmt.Errorf("entry %d: %w", r.Seq, err)
			}
		}
		if len(page) == 0 {
			return nil
		}
	}
}

// wholeLog goes through every record in the order of the log.
func wholeLog(log audit.Records) func(context.Context) ([]audit.Record, error) {
	after := int64(math.MinInt64)
	return func(ctx context.Context) ([]audit.Record, error) {
		page, err := log.Records(ctx, after, pageSize)
		if len(page) > 0 {
			after = page[len(page)-1].Seq
		}
		return page, err
	}
}

// matching goes through the records that a filter chooses.
func matching(log audit.Finder, f audit.Filter) func(context.Context) ([]audit.Record, error) {
	var after audit.Cursor
	return func(ctx context.Context) ([]audit.Record, error) {
		page, err := log.Find(ctx, f, after, pageSize)
		if err == nil && len(page) > 0 {
			after = audit.After(page[len(page)-1])
		}
		return page, err
	}
}
