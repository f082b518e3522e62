package history

import (
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Observation is one stage in which a referral was seen.
type Observation struct {
	Referral string // opaque id (citizen.OpaqueID)
	// Number is its place among the referral's observations, from 1. It is never
	// used twice, even after older ones were dropped.
	Number int
	referral.Stage
	Version string        // the source's version of the referral; empty when it has none
	Start   *time.Time    // of the appointment, UTC; nil: none, or not known
	DueBy   referral.Date // of the review; zero: none, or not known
	Service string        // opaque id; empty: none
	// Gone reports whether a complete reading no longer had the referral. The Stage is empty.
	Gone bool
	// FirstSeen is when this was first seen, and Confirmed the last time that it
	// was written down; between writes it may have been confirmed later.
	FirstSeen, Confirmed time.Time
	// Changes are the kinds of change that it brought; empty when a citizen would
	// see none, and for what the first readings showed.
	Changes []referral.ChangeKind
	// From is the stage before; empty when there was none.
	From referral.Stage
}

// same reports whether two observations differ in nothing but when they were made.
func (o *Observation) same(p *Observation) bool {
	return o.Stage == p.Stage && o.Version == p.Version && equalTime(o.Start, p.Start) &&
		o.DueBy == p.DueBy && o.Service == p.Service && o.Gone == p.Gone
}

func equalTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// History is what is known of one citizen's referrals from earlier readings. The
// zero History is that of a citizen of whom nothing is known.
type History struct {
	// Begun is when the first complete reading was added; zero when none was yet,
	// so that a referral not seen before is not reported as a change.
	Begun time.Time
	// Read is when the last reading that was written down was made.
	Read time.Time
	// Observations are in the order of Referral, then Number.
	Observations []Observation
}

// byReferral splits the observations by referral.
func (h *History) byReferral() map[string]observations {
	all := map[string]observations{}
	for _, o := range h.Observations {
		all[o.Referral] = append(all[o.Referral], o)
	}
	return all
}

// Observed returns the stages seen, for timeline.Input.
func (h *History) Observed() []referral.Observed {
	list := make([]referral.Observed, 0, len(h.Observations))
	for _, o := range h.Observations {
		if !o.Gone {
			list = append(list, referral.Observed{ReferralID: o.Referral, Stage: o.Stage, Since: o.FirstSeen})
		}
	}
	return list
}

// observations are those of one referral, oldest first.
type observations []Observation

// last returns the newest observation; nil when there is none.
func (o observations) last() *Observation {
	if len(o) == 0 {
		return nil
	}
	return &o[len(o)-1]
}

// lastListed returns the index of the newest observation that saw the referral in
// the list; -1 when there is none.
func (o observations) lastListed() int {
	for i := len(o) - 1; i >= 0; i-- {
		if !o[i].Gone {
			return i
		}
	}
	return -1
}

// firstOfStage returns the index of the first observation of the referral's last
// stage: "since" depends on it. The referral may have been missing in between. -1
// when it was never seen in the list.
func (o observations) firstOfStage() int {
	first := o.lastListed()
	for i := first - 1; i >= 0; i-- {
		switch {
		case o[i].Gone:
		case o[i].Stage != o[first].Stage:
			return first
		default:
			first = i
		}
	}
	return first
}

// without returns a copy without the observation at i.
func (o observations) without(i int) observations { return slices.Delete(slices.Clone(o), i, i+1) }
