package consent

import (
	"context"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/projection"
)

// known holds the events of recently used citizens. It never holds less than what
// was committed before an act returned.
type known struct {
	byCitizen *projection.Projection[citizen.Ref, []Event]
}

func newKnown(limit int, load func(context.Context, citizen.Ref) ([]Event, error), handler panics.Handler) (known, error) {
	p, err := projection.New(projection.Options[citizen.Ref, []Event]{Name: "consents", Limit: limit, Load: load, Panics: handler})
	if err != nil {
		return known{}, fmt.Errorf("new consent ledger: %w", err)
	}
	return known{p}, nil
}

// events returns a citizen's events; the caller MUST NOT change them.
func (k known) events(ctx context.Context, ref citizen.Ref) ([]Event, error) {
	return k.byCitizen.Get(ctx, ref) //nolint:wrapcheck // it names the operation
}

// committed adds an event that is now durable.
func (k known) committed(e Event) {
	k.byCitizen.Update(e.Citizen, func(events []Event) ([]Event, bool) {
		switch last := lastSeq(events); {
		case last >= e.Seq: // a later load brought it already
			return events, true
		case last == e.Seq-1:
			return append(events[:last:last], e), true
		}
		return nil, false // an event in between has not arrived yet
	})
}

func lastSeq(events []Event) int64 {
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].Seq
}
