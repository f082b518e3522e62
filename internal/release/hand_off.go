package release

import (
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// handOffs remembers who was sent to where referrals are managed: they may be
// changing there what is shown here.
type handOffs struct {
	mu *sync.Mutex
	at map[citizen.Ref]time.Time
}

const handOffLasts = 30 * time.Minute

func (h handOffs) note(ref citizen.Ref, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for other, at := range h.at {
		if now.Sub(at) > handOffLasts {
			delete(h.at, other)
		}
	}
	h.at[ref] = now
}

func (h handOffs) recent(ref citizen.Ref, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.at[ref]
	return ok && now.Sub(at) <= handOffLasts
}
