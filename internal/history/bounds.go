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

// settled pulls what is dated ahead of now back to at: the clock that dated it
// was wrong. Of one referral the order stays.
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

// pruned drops what was last true longer ago than the retention: a referral as a
// whole, and of others what they stood in before. When nothing at all was read
// for so long, everything begins anew.
func (h History) pruned(l Limits, now time.Time) (History, bool) {
	over := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) > l.Retention }
	if over(h.Read) {
		return History{}, true
	}
	before := len(h.Observations)
	tracks := h.tracks()
	kept := make([]Observation, 0, before)
	for _, id := range slices.Sorted(maps.Keys(tracks)) {
		t := tracks[id]
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

// bounded drops the oldest observations of a referral that has too many.
func (c *comparison) bounded(t track) track {
	for len(t) > c.limits.Observations {
		t = t.without(t.expendable())
		c.changed = true
	}
	return t
}

// expendable is the oldest observation that may go; -1: none may. The first of
// the stage, the last that saw the referral standing, and the last stay.
func (t track) expendable() int {
	first, stood, last := t.firstOfStage(), t.lastStood(), len(t)-1
	for i := range t {
		if i != first && i != stood && i != last {
			return i
		}
	}
	return -1
}
