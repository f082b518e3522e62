package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Format is how an export is written.
type Format string

// The formats. Only NDJSON holds what [CheckExport] needs.
const (
	NDJSON Format = "ndjson" // a header line, then one JSON object a line with the exact leaf
	CSV    Format = "csv"    // RFC 4180, for spreadsheets
	FHIR   Format = "fhir"   // one FHIR R4 AuditEvent a line
)

// ErrUnknownFormat says that there is no such format.
var ErrUnknownFormat = errors.New("unknown export format")

// ExportOptions say what to export and how.
type ExportOptions struct {
	Format Format
	Filter Filter
	// Prove adds to each entry of an NDJSON export the proof that it is in the
	// tree that the header names. A filtered export can be checked only with
	// proofs; a whole one needs none.
	Prove  bool
	MadeAt time.Time
}

// Source is all that an export reads.
type Source interface {
	Records
	Finder
	Tree
}

const exportPage = 500

// Export writes the entries that the filter chooses, as they stand when it
// begins; what is appended meanwhile is left out. It holds one page in memory,
// however long the log, and writes no more once ctx has ended. Filtered by
// nothing, it is the whole log in its order, with pruned entries as bare hashes
// (NDJSON; the other formats leave them out).
//
// The caller records that it happened ([Exported]) before it starts.
func Export(ctx context.Context, log Source, w io.Writer, o ExportOptions) error {
	size, err := log.Size(ctx)
	if err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	root, err := tlog.TreeHash(size, hashes(ctx, log))
	if err != nil {
		return fmt.Errorf("export audit log: compute root: %w", err)
	}
	head := exportHead{Version: 1, Size: size, Root: root, MadeAt: o.MadeAt, Whole: o.Filter.isZero() && !o.Filter.NewestFirst, Filter: o.Filter}
	buffered := bufio.NewWriter(w)
	var out exportWriter
	switch o.Format {
	case NDJSON:
		x := ndjsonWriter{w: buffered, head: head}
		if o.Prove {
			x.prove = func(seq int64) (tlog.RecordProof, error) { return tlog.ProveRecord(size, seq, hashes(ctx, log)) }
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
	if err := exportRecords(ctx, log, size, o.Filter, out); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	if err := errors.Join(out.end(), buffered.Flush()); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	return nil
}

// exportWriter writes one format.
type exportWriter interface {
	begin() error
	record(r Record) error
	end() error
}

func exportRecords(ctx context.Context, log Source, size int64, f Filter, out exportWriter) error {
	next, ordered := wholeLog(log), true
	if !f.isZero() || f.NewestFirst {
		next, ordered = matching(log, f), false
	}
	for {
		page, err := next(ctx)
		if err != nil {
			return err
		}
		for _, r := range page {
			if r.Seq >= size { // came after the export began
				if ordered {
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
func wholeLog(log Records) func(context.Context) ([]Record, error) {
	after := int64(math.MinInt64)
	return func(ctx context.Context) ([]Record, error) {
		page, err := log.Records(ctx, after, exportPage)
		if len(page) > 0 {
			after = page[len(page)-1].Seq
		}
		return page, err
	}
}

// matching goes through the records that a filter chooses.
func matching(log Finder, f Filter) func(context.Context) ([]Record, error) {
	var after Cursor
	return func(ctx context.Context) ([]Record, error) {
		page, err := log.Find(ctx, f, after, exportPage)
		if err == nil && len(page) > 0 {
			after, err = After(page[len(page)-1])
		}
		return page, err
	}
}
