package jwt

import (
	"maps"
	"sync"
	"time"
)

// sweepEvery keeps forgetting cheap: only each so many entries is it done.
const sweepEvery = 1024

// Once remembers ids that may be used one time. Safe for concurrent use.
type Once struct {
	mu   sync.Mutex
	seen map[string]time.Time // id -> when it may be forgotten
}

// Use is true the first time that it sees id; the id may be forgotten after until.
func (o *Once) Use(id string, now, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.seen)%sweepEvery == sweepEvery-1 {
		maps.DeleteFunc(o.seen, func(_ string, end time.Time) bool { return end.Before(now) })
	}
	if _, used := o.seen[id]; used {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]time.Time{}
	}
	o.seen[id] = until
	return true
}
