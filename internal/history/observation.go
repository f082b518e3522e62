package history

import (
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Observation is one way in which a referral was seen to stand.
type Observation struct {
	Referral string // opaque id (citizen.OpaqueID)
	// Number is its place among the referral's observations, from 1. It is never
	// given twice, also when older ones have gone.
	Number int
	referral.Stage
	Version string        // the source's version of the referral; empty when not given
	Start   *time.Time    // of the appointment, UTC; nil: none, or not known
	DueBy   referral.Date // of the review; zero: none, or not known
	Service string        // opaque id; empty: none
	// Gone: a complete reading no longer had the referral. The Stage is empty.
	Gone bool
	// FirstSeen is when it was first seen so, and Confirmed the last time that
	// this was written down; between writes it may have been confirmed later.
	FirstSeen, Confirmed time.Time
	// News are the kinds of change that it brought; empty where a citizen would
	// see none, and for what the first readings showed.
	News []referral.ChangeKind
	// From is the stage before; empty where there was none.
	From referral.Stage
}

// same tells whether two observations differ in nothing but when they were made.
func (o *Observation) same(p *Observation) bool {
	return o.Stage == p.Stage && o.Version == p.Version && equalTime(o.Start, p.Start) &&
		o.DueBy == p.DueBy && o.Service == p.Service && o.Gone == p.Gone
}

func equalTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// History is what is known of one citizen's referrals from earlier readings. The
// zero History is that of somebody of whom nothing is known.
type History struct {
	// Begun is when the first complete reading was taken in; zero: none was yet,
	// so that a referral not seen before is no news.
	Begun time.Time
	// Read is when the last reading that was written down was made.
	Read time.Time
	// Observations are in the order of Referral, then Number.
	Observations []Observation
}

// tracks splits the observations by referral.
func (h *History) tracks() map[string]track {
	all := map[string]track{}
	for _, o := range h.Observations {
		all[o.Referral] = append(all[o.Referral], o)
	}
	return all
}

// Observed are the stages seen, for timeline.BuildWith.
func (h *History) Observed() []referral.Observed {
	list := make([]referral.Observed, 0, len(h.Observations))
	for _, o := range h.Observations {
		if !o.Gone {
			list = append(list, referral.Observed{ReferralID: o.Referral, Stage: o.Stage, Since: o.FirstSeen})
		}
	}
	return list
}

// track is the observations of one referral, oldest first.
type track []Observation

// last is the newest observation; nil: there is none.
func (t track) last() *Observation {
	if len(t) == 0 {
		return nil
	}
	return &t[len(t)-1]
}

// lastStood is where the newest observation is that saw the referral in the
// list; -1: there is none.
func (t track) lastStood() int {
	for i := len(t) - 1; i >= 0; i-- {
		if !t[i].Gone {
			return i
		}
	}
	return -1
}

// firstOfStage is where the stage in which the referral stood last was first
// seen: "since" depends on it. That the referral was missing in between breaks
// nothing. -1: it was never seen standing.
func (t track) firstOfStage() int {
	first := t.lastStood()
	for i := first - 1; i >= 0; i-- {
		switch {
		case t[i].Gone:
		case t[i].Stage != t[first].Stage:
			return first
		default:
			first = i
		}
	}
	return first
}

// without gives the track without the observation at i.
func (t track) without(i int) track { return slices.Delete(slices.Clone(t), i, i+1) }
