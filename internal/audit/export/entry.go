package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrNoEntry says that the log has no entry of that number, or that its body is gone.
var ErrNoEntry = errors.New("no such audit entry")

// WriteEntry writes one entry and the proof that it is in the tree of that
// size, in the form of a filtered NDJSON export: [Check] with a checkpoint
// of that size proves it away from the database. The caller records that it
// happened. Errors: ErrNoEntry.
func WriteEntry(ctx context.Context, log audit.Source, w io.Writer, seq, size int64, madeAt time.Time) error {
	proof, err := audit.ProveInclusion(ctx, log, seq, size)
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
		w: buffered, head: header{Version: version, Size: size, Root: proof.Root, MadeAt: madeAt},
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
