package patientcare

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Budget bounds how often e-RS is asked for referrals, below the quota that it gives
// to the application as a whole: beyond that it refuses everybody. What is left last
// is for citizens of whom nothing is at hand. Safe for concurrent use.
type Budget struct {
	tokens *rate.Limiter
	// reserve is what reads that only renew an older reading leave to others.
	reserve float64
	now     func() time.Time
	// together is what all replicas may ask; nil: there is one.
	together Together
	burst    int64
	period   time.Duration // in which so many may be asked
}

// Together counts what all replicas took of a thing. It takes one of limit in each
// period, unless no more than reserve would be left. An error says that it could not be
// asked: each replica then has the whole budget.
type Together interface {
	Take(ctx context.Context, thing string, limit int64, period time.Duration, reserve int64) (taken bool, err error)
}

// NewBudget permits so many requests in a period. The tokens of one second can be
// spent at once: e-RS refuses spikes too. together may be nil.
func NewBudget(requests int, period time.Duration, now func() time.Time, together Together) *Budget {
	each := rate.Limit(float64(requests) / period.Seconds())
	burst := max(int(each*burstSeconds), 1)
	const reserved = 4 // of which one part
	return &Budget{
		tokens: rate.NewLimiter(each, burst), reserve: float64(burst / reserved), now: now,
		together: together, burst: int64(burst), period: time.Duration(float64(burst) / float64(each) * float64(time.Second)),
	}
}

// burstSeconds is how many seconds' worth of requests may come together.
const burstSeconds = 6

// spend takes one request from the budget; the error is a failure that asks the
// caller to wait.
func (b *Budget) spend(ctx context.Context, again bool) error {
	if b == nil {
		return nil
	}
	now := b.now()
	if again && b.tokens.TokensAt(now) < 1+b.reserve || !b.tokens.AllowN(now, 1) || b.spentTogether(ctx, again) {
		return &aggregate.Failure{Issue: referral.IssueTransient, Kind: aggregate.Busy, Cause: errors.New("the budget for e-RS is spent")}
	}
	return nil
}

// spentTogether reports whether the replicas have asked for all that they may. Where
// that is not known, this one has its own budget.
func (b *Budget) spentTogether(ctx context.Context, again bool) bool {
	if b.together == nil {
		return false
	}
	reserve := int64(0)
	if again {
		reserve = int64(b.reserve)
	}
	taken, err := b.together.Take(ctx, "e-RS", b.burst, b.period, reserve)
	return err == nil && !taken
}
