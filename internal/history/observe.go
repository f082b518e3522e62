package history

import (
	"context"
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Observe takes a reading that this client is about to be shown into the
// citizen's history, and gives what was observed for timeline.BuildWith; nil
// where the client's consent does not cover it. Only a reading that shows
// something new is written, and then Observe waits until that is durable.
//
// There is no error to handle: whatever fails is told to Counters.Failed and
// costs this answer its history and nothing else, after a second at most. It goes
// on where the caller leaves: what was read was read.
func (k *Keeper) Observe(ctx context.Context, ref citizen.Ref, id client.ID, r Reading) []referral.Observed {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	observed, err := k.observe(ctx, ref, id, r)
	if err != nil && !errors.Is(err, citizen.ErrNoSubject) { // erased meanwhile: nothing is to be kept
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
			return kept.Observed(), err // what is durable stays told
		}
		if outcome.Impossible > 0 {
			k.d.Counters.Impossible(outcome.Impossible)
		}
		return outcome.Next.Observed(), nil
	}
	return nil, ErrConflict
}
