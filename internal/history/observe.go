package history

import (
	"context"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Seen is a citizen's history as it is once a reading was shown.
type Seen struct {
	// Observed is for timeline.Input; nil when the client's consent does not cover a
	// history.
	Observed []referral.Observed
	// Change is what the reading adds. Observed has it already, so the answer that is
	// made of Observed MUST NOT leave unless the change is stored with its entry
	// ([Keeper.Recording]). Nil: the reading adds nothing.
	Change *Change
}

// Change is a step in one citizen's history that is not stored yet.
type Change struct {
	citizen    citizen.Ref
	step       Step
	impossible int
}

// Observe compares a reading that is about to be shown to this client with the
// citizen's history. It stores nothing.
//
// Call it after the decision on consent that the guard of the entry is made of: a
// consent to the history that ends after that decision makes the guard fail.
//
// There is no error to handle: a failure is reported to Counters.Failed and costs
// only this answer's history, after one second at most.
func (k *Keeper) Observe(ctx context.Context, ref citizen.Ref, id client.ID, r Reading) Seen {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	seen, err := k.observe(limited, ref, id, r)
	if err != nil && ctx.Err() == nil { // a caller who left is not a failure
		k.d.Counters.Failed(ctx, err)
	}
	return seen
}

func (k *Keeper) observe(ctx context.Context, ref citizen.Ref, id client.ID, r Reading) (Seen, error) {
	if may, err := k.allowed(ctx, ref, id); err != nil || !may {
		return Seen{}, err
	}
	kept, err := k.read(ctx, ref)
	if err != nil {
		return Seen{}, err
	}
	outcome := Compare(kept.History, r, k.d.Limits, k.d.Now())
	if !outcome.Changed && !kept.lost {
		return Seen{Observed: kept.Observed()}, nil
	}
	step, err := k.sealer.step(ref, kept.from, outcome.Next)
	if err != nil {
		return Seen{Observed: kept.Observed()}, err // what is stored is still shown
	}
	return Seen{Observed: outcome.Next.Observed(), Change: &Change{ref, step, outcome.Impossible}}, nil
}
