package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNoEntry says that the log has no entry of that number, or that its body is gone.
var ErrNoEntry = errors.New("no such audit entry")

// ExportEntry writes one entry and the proof that it stands in the tree of that
// size, in the form of a filtered NDJSON export: [CheckExport] with a checkpoint
// of that size proves it away from the database. The caller records that it
// happened. Errors: ErrNoEntry.
func ExportEntry(ctx context.Context, log Source, w io.Writer, seq, size int64, madeAt time.Time) error {
	proof, err := ProveInclusion(ctx, log, seq, size)
	if err != nil {
		return fmt.Errorf("export audit entry: %w: %w", ErrNoEntry, err)
	}
	found, err := log.Records(ctx, seq-1, 1)
	if err != nil {
		return fmt.Errorf("export audit entry: %w", err)
	}
	if len(found) == 0 || found[0].Seq != seq || found[0].Leaf == nil {
		return fmt.Errorf("export audit entry: %w", ErrNoEntry)
	}
	buffered := bufio.NewWriter(w)
	out := ndjsonWriter{
		w: buffered, head: exportHead{Version: 1, Size: size, Root: proof.Root, MadeAt: madeAt},
		prove: func(int64) (tlog.RecordProof, error) { return proof.Hashes, nil },
	}
	if err := out.begin(); err != nil {
		return fmt.Errorf("export audit entry: %w", err)
	}
	if err := errors.Join(out.record(found[0]), out.end(), buffered.Flush()); err != nil {
		return fmt.Errorf("export audit entry: %w", err)
	}
	return nil
}
