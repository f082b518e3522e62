package consent

import (
	"context"
	"fmt"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Withdraw ends a consent, in the name of the client by: the service's own pages
// (client.Web) may end any, an app its own. It holds for the next decision. It
// gives the consent as it stands afterwards; withdrawing what is withdrawn
// already is harmless and writes nothing.
//
// A consent that a newer one has replaced stands for the same wish, "this client
// no longer": then the newer one is withdrawn and returned, for a page may show
// an older list. Errors: ErrNoConsent for an unknown id or somebody else's,
// ErrConflict when too many acts came between, ErrNotRecorded.
func (l *Ledger) Withdraw(ctx context.Context, ref citizen.Ref, id string, by client.ID, correlationID string) (Consent, error) {
	var ended *Event
	err := l.act(ctx, ref, correlationID, func(events []Event) (*Event, error) {
		ended = nil
		all := replay(events)
		i := slices.IndexFunc(all, func(h history) bool { return h.id == id })
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
		ended = &Event{ID: h.id, Kind: Withdrawn, Client: h.client, Channel: channel(by), Notice: h.notice, At: l.d.Now()}
		return ended, nil
	})
	if err != nil {
		return Consent{}, fmt.Errorf("withdraw consent: %w", notRecorded(err))
	}
	if ended != nil {
		l.d.OnWithdraw(ref, ended.Client)
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
