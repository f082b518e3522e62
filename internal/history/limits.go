package history

import (
	"errors"
	"time"
)

// Limits bound what is kept of one citizen. Zero fields take the defaults.
type Limits struct {
	// Referrals kept at most (100); those missing from the list for longest are
	// dropped first.
	Referrals int
	// Observations kept of one referral at most (50, no fewer than 3); the oldest
	// are dropped first, but the first of the current stage always stays.
	Observations int
	// Retention is how long an observation is kept after it was last true (2 years).
	Retention time.Duration
	// Confirm is the time after which a reading that shows nothing new is written
	// anyway (30 days); it MUST be shorter than Retention, which counts from what is
	// written.
	Confirm time.Duration
}

const (
	defaultReferrals    = 100
	defaultObservations = 50
	fewestObservations  = 3 // the first of its stage, the last in the list, and "gone"
	defaultRetention    = 2 * 365 * 24 * time.Hour
	defaultConfirm      = 30 * 24 * time.Hour
)

// filled returns the limits with the defaults in place of zero fields.
func (l Limits) filled() Limits {
	if l.Referrals == 0 {
		l.Referrals = defaultReferrals
	}
	if l.Observations == 0 {
		l.Observations = defaultObservations
	}
	if l.Retention == 0 {
		l.Retention = defaultRetention
	}
	if l.Confirm == 0 {
		l.Confirm = min(defaultConfirm, l.Retention/2)
	}
	return l
}

// check rejects limits that contradict each other.
func (l Limits) check() error {
	switch {
	case l.Referrals < 1 || l.Observations < fewestObservations:
		return errors.New("at least 1 referral and 3 observations of it must be kept")
	case l.Retention < 0 || l.Confirm < 0 || l.Confirm >= l.Retention:
		return errors.New("the retention must be longer than the time between confirmations")
	}
	return nil
}
