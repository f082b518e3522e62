package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

// operatorActs raises an alarm for acts at the command line: they are for emergencies,
// and nobody has proved who acts.
type operatorActs struct {
	log     audit.Source
	out     *slog.Logger
	raise   func()
	written atomic.Bool // another process has written since the last look
	seen    int64       // entries of the log that were looked at
	size    int64       // of the log at the last look: what is newer may not have been noticed yet
}

func (w *wiring) operatorActs(ctx context.Context, db *store.Store) (*operatorActs, error) {
	size, err := db.Log().Size(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for acts of operators: %w", err)
	}
	a := &operatorActs{log: db.Log(), out: w.o.Log, raise: w.metrics.OperatorActed, seen: size, size: size}
	db.OnForeignWrite(func(citizen.Ref) { a.written.Store(true) })
	return a, nil
}

// look reads what was written since the last time, if another process wrote any of it.
func (a *operatorActs) look(ctx context.Context) (err error) {
	written := a.written.Swap(false)
	defer func() {
		if err != nil {
			a.written.Store(true) // again, from the same place
		}
	}()
	size, err := a.log.Size(ctx)
	if err != nil {
		return fmt.Errorf("look for acts of operators: %w", err)
	}
	if !written {
		a.seen, a.size = a.size, size
		return nil
	}
	for after := audit.Cursor(a.seen); written; {
		const page = 100
		found, err := a.log.Find(ctx, audit.Filter{Actor: audit.ActorOperator}, after, page)
		if err != nil {
			return fmt.Errorf("look for acts of operators: %w", err)
		}
		for _, r := range found {
			e, err := r.Entry()
			if err != nil {
				return fmt.Errorf("look for acts of operators: %w", err)
			}
			a.raise()
			a.out.LogAttrs(ctx, slog.LevelWarn, "somebody acted at the command line", slog.Int64(telemetry.KeyEntry, r.Seq), slog.String(telemetry.KeyKind, string(e.Kind)))
			after, size = audit.After(r), max(size, r.Seq+1)
		}
		written = len(found) == page
	}
	a.seen, a.size = size, size
	return nil
}
