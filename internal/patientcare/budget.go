package patientcare

import (
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
}

// NewBudget permits so many requests in a period. The tokens of one second can be
// spent at once: e-RS refuses spikes too.
func NewBudget(requests int, period time.Duration, now func() time.Time) *Budget {
	each := rate.Limit(float64(requests) / period.Seconds())
	burst := max(int(each*burstSeconds), 1)
	const reserved = 4 // of which one part
	return &Budget{tokens: rate.NewLimiter(each, burst), reserve: float64(burst / reserved), now: now}
}

// burstSeconds is how many seconds' worth of requests may come together.
const burstSeconds = 6

// spend takes one request from the budget; the error is a failure that asks the
// caller to wait.
func (b *Budget) spend(again bool) error {
	if b == nil {
		return nil
	}
	now := b.now()
	if again && b.tokens.TokensAt(now) < 1+b.reserve || !b.tokens.AllowN(now, 1) {
		return &aggregate.Failure{Issue: referral.IssueTransient, Kind: aggregate.Busy, Cause: errors.New("the budget for e-RS is spent")}
	}
	return nil
}
