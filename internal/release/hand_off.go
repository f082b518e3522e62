package release

import (
	"context"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

const handOffLasts = 30 * time.Minute

// handOffs remember who was sent to where referrals are managed: they may be changing there
// what is shown here, at any replica. Of somebody who is forgotten sooner, a reading is shown
// that is at most as old as everybody else's.
type handOffs struct{ kept cache.Backend[time.Time] }

func (h handOffs) note(ctx context.Context, ref citizen.Ref, now time.Time) {
	ends := now.Add(handOffLasts)
	h.kept.Set(ctx, string(ref), cache.Item[time.Time]{Value: now, FetchedAt: now, FreshUntil: ends, KeepUntil: ends})
}

func (h handOffs) recent(ctx context.Context, ref citizen.Ref, now time.Time) bool {
	item, ok := h.kept.Get(ctx, string(ref))
	return ok && now.Sub(item.Value) <= handOffLasts
}
