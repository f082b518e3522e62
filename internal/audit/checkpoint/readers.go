package checkpoint

import (
	"context"
	"errors"
	"log/slog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// readers read back what a log's sinks keep. They are used by one goroutine at a time.
type readers struct {
	by      PublicKeys
	files   []*FileSink
	address *HTTPSink // nil: no https sink is named
	logger  *slog.Logger

	// What the operator was told of the https sink, once each.
	writeOnly, foreign bool
}

// later returns what was added to the files since the last time, and what the https sink
// has. A sink that can only be written to is told of once, and so are notes that no key of
// this log signed: they say nothing about it.
func (r *readers) later(ctx context.Context) ([]audit.Checkpoint, error) {
	var all []audit.Checkpoint
	for _, f := range r.files {
		found, err := f.Later(r.by)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Checkpoints...)
	}
	if r.address == nil {
		return all, nil
	}
	found, err := r.address.Checkpoints(ctx, r.by)
	switch {
	case errors.Is(err, ErrWriteOnly):
		r.warn(ctx, &r.writeOnly, "a log that was rolled back is not found by the checkpoint sink", slog.String("reason", err.Error()))
	case err != nil:
		return nil, err
	case found.Foreign > 0:
		r.warn(ctx, &r.foreign, "the checkpoint sink has notes that are not signed with a key of this log", slog.Int("count", found.Foreign))
	}
	return append(all, found.Checkpoints...), nil
}

func (r *readers) warn(ctx context.Context, told *bool, message string, attr slog.Attr) {
	if !*told && r.logger != nil {
		r.logger.LogAttrs(ctx, slog.LevelWarn, message, attr)
	}
	*told = true
}
