package release

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

const (
	handOffLasts = 30 * time.Minute
	// mostHandOffs bounds the memory. A citizen who is forgotten sooner is shown a
	// reading that is at most as old as everybody else's.
	mostHandOffs = 20_000
)

// handOffs remembers who was sent to where referrals are managed: they may be
// changing there what is shown here. It is safe for concurrent use.
type handOffs struct {
	mu sync.Mutex
	at *simplelru.LRU[citizen.Ref, time.Time]
}

func newHandOffs(most int) (*handOffs, error) {
	at, err := simplelru.NewLRU[citizen.Ref, time.Time](most, nil)
	return &handOffs{at: at}, err //nolint:wrapcheck // it says that most is not positive
}

func (h *handOffs) note(ref citizen.Ref, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at.Add(ref, now)
}

func (h *handOffs) recent(ref citizen.Ref, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.at.Peek(ref)
	return ok && now.Sub(at) <= handOffLasts
}
