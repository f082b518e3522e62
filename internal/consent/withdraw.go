package consent

import (
	"context"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Withdraw ends a consent, in the name of the client by: the service's own pages
// (client.Web) may end any consent, an app only its own. The next decision already
// follows it. Withdraw returns the consent as it is afterwards; withdrawing it
// again is harmless and writes nothing.
//
// Withdrawing a consent that a newer one replaced means the same, "this client no
// longer": the newer one is withdrawn and returned, because a page may show an
// older list. Errors: ErrNoConsent for an unknown id or another citizen's,
// ErrConflict when too many acts came between, ErrNotRecorded.
func (l *Ledger) Withdraw(ctx context.Context, ref citizen.Ref, id string, by client.ID, correlationID string) (Consent, error) {
	err := l.act(ctx, ref, correlationID, func(events []Event) (*Event, error) {
		all := replay(events)
		i := slices.IndexFunc(all, func(h lifecycle) bool { return h.id == id })
		if i < 0 || by != client.Web && by != all[i].client {
			return nil, ErrNoConsent
		}
		h := &all[i]
		if h.withdrawnAt.IsZero() {
			h = latest(all, h.client)
			id = h.id
		}
		if !h.running(l.d.Now()) {
			return nil, nil
		}
		return &Event{ID: h.id, Kind: Withdrawn, Client: h.client, Channel: channel(by), Notice: h.notice, At: l.d.Now()}, nil
	})
	if err != nil {
		return Consent{}, fmt.Errorf("withdraw consent: %w", notRecorded(err))
	}
	c, err := l.find(ctx, ref, id)
	if err != nil {
		return Consent{}, fmt.Errorf("withdraw consent: %w", notRecorded(err))
	}
	return c, nil
}

func channel(by client.ID) string {
	if by == client.Web {
		return "web"
	}
	return "app"
}
