package history

import (
	"context"
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Observe adds a reading that is about to be shown to this client to the citizen's
// history, and returns what was observed for timeline.BuildWith; nil when the
// client's consent does not cover a history. Only a reading that shows something
// new is written, and then Observe waits until it is durable.
//
// There is no error to handle: a failure is reported to Counters.Failed and costs
// only this answer's history, after one second at most. A caller that goes away
// does not stop it, because the reading did happen.
func (k *Keeper) Observe(ctx context.Context, ref citizen.Ref, id client.ID, r Reading) []referral.Observed {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	observed, err := k.observe(ctx, ref, id, r)
	if err != nil && !errors.Is(err, citizen.ErrNoSubject) { // erased in the meantime: nothing may be kept
		k.d.Counters.Failed(ctx, err)
	}
	return observed
}

func (k *Keeper) observe(ctx context.Context, ref citizen.Ref, id client.ID, r Reading) ([]referral.Observed, error) {
	if may, err := k.allowed(ctx, ref, id); err != nil || !may {
		return nil, err
	}
	for range attempts {
		kept, err := k.read(ctx, ref)
		if err != nil {
			return nil, err
		}
		// Decided after the read: a withdrawal that this does not see raises the
		// revision later than the snapshot, and the step conflicts.
		if may, err := k.allowed(ctx, ref, id); err != nil || !may {
			return nil, err
		}
		outcome := Compare(kept.History, r, k.d.Limits, k.d.Now())
		if !outcome.Changed && !kept.lost {
			return kept.Observed(), nil
		}
		err = k.write(ctx, ref, kept.from, outcome.Next)
		switch {
		case errors.Is(err, ErrConflict):
			continue
		case errors.Is(err, citizen.ErrNoSubject):
			return nil, err
		case err != nil:
			return kept.Observed(), err // what is durable is still shown
		}
		if outcome.Impossible > 0 {
			k.d.Counters.Impossible(outcome.Impossible)
		}
		return outcome.Next.Observed(), nil
	}
	return nil, ErrConflict
}
