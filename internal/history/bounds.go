package history

import (
	"maps"
	"slices"
	"time"
)

// newest is the latest time at which anything was first seen.
func (h *History) newest() time.Time {
	newest := h.Begun
	for i := range h.Observations {
		if h.Observations[i].FirstSeen.After(newest) {
			newest = h.Observations[i].FirstSeen
		}
	}
	return newest
}

// settled moves dates that are later than now back to at, because the clock that
// wrote them was wrong. The order of one referral's observations stays.
func (h History) settled(at, now time.Time) (History, bool) {
	ahead := now.Add(slack)
	pulled := false
	back := func(t *time.Time, to time.Time) {
		if t.After(ahead) {
			*t, pulled = to, true
		}
	}
	back(&h.Begun, at)
	back(&h.Read, at)
	h.Observations = slices.Clone(h.Observations)
	for i := range h.Observations {
		o := &h.Observations[i]
		to := at
		if i > 0 && h.Observations[i-1].Referral == o.Referral && !to.After(h.Observations[i-1].FirstSeen) {
			to = h.Observations[i-1].FirstSeen.Add(1)
		}
		back(&o.FirstSeen, to)
		back(&o.Confirmed, o.FirstSeen)
	}
	return h, pulled
}

// pruned drops what was last true longer ago than the retention: whole referrals,
// and the earlier stages of others. When nothing at all was read for so long, the
// history starts again.
func (h History) pruned(l Limits, now time.Time) (History, bool) {
	over := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) > l.Retention }
	if over(h.Read) {
		return History{}, true
	}
	before := len(h.Observations)
	byReferral := h.byReferral()
	kept := make([]Observation, 0, before)
	for _, id := range slices.Sorted(maps.Keys(byReferral)) {
		t := byReferral[id]
		if over(t.last().Confirmed) {
			continue
		}
		for oldest := t.expendable(); oldest >= 0 && over(t[oldest].Confirmed); oldest = t.expendable() {
			t = t.without(oldest)
		}
		kept = append(kept, t...)
	}
	h.Observations = kept
	return h, len(kept) != before
}

// bounded drops the oldest observations when a referral has too many.
func (c *comparison) bounded(t observations) observations {
	for len(t) > c.limits.Observations {
		t = t.without(t.expendable())
		c.changed = true
	}
	return t
}

// expendable returns the index of the oldest observation that may be dropped; -1
// when none may. The first of the current stage, the last that saw the referral
// in the list, and the last one stay.
func (o observations) expendable() int {
	first, listed, last := o.firstOfStage(), o.lastListed(), len(o)-1
	for i := range o {
		if i != first && i != listed && i != last {
			return i
		}
	}
	return -1
}
