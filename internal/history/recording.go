package history

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Recording returns the log for the entry that says that a change was shown: what is
// appended to it is written in one transaction with the change (Store.Append). The
// change was computed from a stored state; if that is not the newest one, or the guard
// does not hold, neither is written and the error is a guard error: observe again, once.
// Only one append can succeed.
func (k *Keeper) Recording(c *Change) audit.Appender { return recording{k, c} }

type recording struct {
	keeper *Keeper
	change *Change
}

// Append implements audit.Appender. Whatever the outcome, the next read takes the
// history from the store. Where the outcome is not known, that read may still be too
// early; then a step from it conflicts.
func (r recording) Append(ctx context.Context, g audit.Guard, entries ...audit.Entry) (audit.Written, error) {
	defer r.keeper.kept.Forget(r.change.citizen)
	written, err := r.keeper.d.Store.Append(ctx, g, r.change.citizen, r.change.step, entries...)
	if err != nil {
		return audit.Written{}, fmt.Errorf("append with a history: %w", err)
	}
	if r.change.impossible > 0 {
		r.keeper.d.Counters.Impossible(r.change.impossible)
	}
	return written, nil
}
