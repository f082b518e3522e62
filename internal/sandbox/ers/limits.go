package ers

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits are the spike arrest and the quota of each application: one for
// ServiceRequest, one for everything else.
type Limits struct {
	PerMinute int  // quota, 600 by default
	Burst     int  // spike arrest: simultaneous requests before the even rate counts, 100 by default
	Off       bool // no limits at all
}

const (
	defaultPerMinute = 600
	defaultBurst     = 100
)

// pool is what shares a limit.
type pool string

const (
	referrals pool = "referrals"
	general   pool = "general"
)

type limiter struct {
	limits Limits

	mu  sync.Mutex
	use map[string]*usage
}

type usage struct {
	spike  *rate.Limiter
	minute time.Time
	count  int
}

func newLimiter(l Limits) *limiter {
	if l.PerMinute <= 0 {
		l.PerMinute = defaultPerMinute
	}
	if l.Burst <= 0 {
		l.Burst = defaultBurst
	}
	return &limiter{limits: l, use: map[string]*usage{}}
}

func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.use = map[string]*usage{}
}

// allow counts one request of an app; false when it is too many.
func (l *limiter) allow(app string, p pool, now time.Time) bool {
	if l.limits.Off {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := app + "\x00" + string(p)
	u, ok := l.use[key]
	if !ok {
		u = &usage{spike: rate.NewLimiter(rate.Limit(l.limits.PerMinute)/rate.Limit(time.Minute/time.Second), l.limits.Burst)}
		l.use[key] = u
	}
	if minute := now.Truncate(time.Minute); !minute.Equal(u.minute) {
		u.minute, u.count = minute, 0
	}
	if u.count >= l.limits.PerMinute || !u.spike.AllowN(now, 1) {
		return false
	}
	u.count++
	return true
}
