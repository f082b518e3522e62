package history

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Reading is what one read of all sources showed.
type Reading struct {
	Facts []referral.Facts
	// At is when the oldest part of it was fetched; zero: now.
	At time.Time
	// Complete reports whether every source answered freshly and everything could
	// be read. What is missing from any other reading may still exist.
	Complete bool
}

// Outcome is what a reading makes of a history.
type Outcome struct {
	Next History
	// Changed reports whether Next has to be written; otherwise Next is the history
	// as it was.
	Changed bool
	// Impossible counts the steps between states that e-RS does not have
	// (referral.TransitionPossible): a reason to investigate, never to hide them.
	Impossible int
}

// slack is how much later than now a time may be that this clock wrote.
const slack = time.Second

// Compare adds one reading to a history. It is pure. The order of the facts does
// not matter, and the same reading again changes nothing. A reading older than the
// one that was written last changes nothing either, because another request was
// faster. Where the clock went back, dates later than now are wrong and are
// replaced by the time of this reading.
func Compare(previous History, r Reading, l Limits, now time.Time) Outcome {
	l = l.filled()
	at := r.At
	if at.IsZero() || at.After(now) {
		at = now
	}
	h, changed := previous.settled(at, now)
	h, pruned := h.pruned(l, now)
	if at.Before(h.Read) {
		return Outcome{Next: previous}
	}
	c := comparison{reading: r, limits: l, at: at, seenAt: at, started: !h.Begun.IsZero()}
	if newest := h.newest(); !c.seenAt.After(newest) {
		c.seenAt = newest.Add(1) // two readings never share an instant: changes are paged by it
	}
	next := c.take(&h)
	if r.Complete && h.Begun.IsZero() {
		next.Begun, c.changed = at, true
	}
	if !changed && !pruned && !c.changed && at.Sub(previous.Read) < l.Confirm {
		return Outcome{Next: previous}
	}
	next, _ = next.pruned(l, now) // observations that the earlier stage kept may be dropped now
	return Outcome{Next: next, Changed: true, Impossible: c.impossible}
}

// comparison is the state while one reading is added.
type comparison struct {
	reading Reading
	limits  Limits
	at      time.Time // of the reading
	seenAt  time.Time // of what is new in it
	started bool      // there is a complete reading: a referral not seen before is a change

	changed    bool
	impossible int
}

// take combines the referrals of the reading with those known before.
func (c *comparison) take(h *History) History {
	known := h.byReferral()
	standings := referral.Standings(c.reading.Facts)
	shown := make(map[string]*referral.Standing, len(standings))
	for i := range standings {
		shown[standings[i].ID] = &standings[i]
	}
	next := History{Begun: h.Begun, Read: c.at, Observations: make([]Observation, 0, len(h.Observations)+len(shown))}
	for _, id := range c.admit(known, shown) {
		t := slices.Clone(known[id])
		switch s := shown[id]; {
		case s != nil:
			t = c.see(t, s)
		case c.reading.Complete && !t.last().Gone:
			t = c.miss(t)
		}
		next.Observations = append(next.Observations, c.bounded(t)...)
	}
	return next
}

// admit returns the ids of the referrals to keep, in order: those of this reading
// first, beginning with the longest known, then those seen last.
func (c *comparison) admit(known map[string]observations, shown map[string]*referral.Standing) []string {
	ids := slices.Collect(maps.Keys(shown))
	for id := range known {
		if shown[id] == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) > c.limits.Referrals {
		slices.SortFunc(ids, func(a, b string) int {
			if (shown[a] == nil) != (shown[b] == nil) {
				return cmp.Compare(btoi(shown[a] == nil), btoi(shown[b] == nil))
			}
			if shown[a] == nil {
				return cmp.Or(known[b].last().Confirmed.Compare(known[a].last().Confirmed), cmp.Compare(a, b))
			}
			return cmp.Or(
				cmp.Compare(btoi(known[a] == nil), btoi(known[b] == nil)),
				firstSeen(known[a]).Compare(firstSeen(known[b])),
				cmp.Compare(a, b),
			)
		})
		for _, id := range ids[c.limits.Referrals:] {
			c.changed = c.changed || known[id] != nil
		}
		ids = ids[:c.limits.Referrals]
	}
	slices.Sort(ids)
	return ids
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func firstSeen(t observations) time.Time {
	if len(t) == 0 {
		return time.Time{}
	}
	return t[0].FirstSeen
}

// see adds the stage of a referral in this reading.
func (c *comparison) see(t observations, s *referral.Standing) observations {
	o := Observation{
		Referral: s.ID, Stage: s.Stage, Version: s.Version, Start: s.Start, DueBy: s.DueBy, Service: s.Service,
		Number: 1, FirstSeen: c.seenAt, Confirmed: c.seenAt,
	}
	last, listed := t.last(), t.lastListed()
	if listed >= 0 && !c.reading.Complete {
		o.fillIn(&t[listed], s)
	}
	if last != nil {
		o.Number = last.Number + 1
		if last.same(&o) {
			if c.at.After(last.Confirmed) {
				last.Confirmed = c.at
			}
			return t
		}
	}
	c.changed = true
	switch {
	case last == nil:
		if c.started {
			o.Changes = []referral.ChangeKind{referral.ChangeNew}
		}
	case last.Gone:
		o.Changes = []referral.ChangeKind{referral.ChangeNew}
	default:
		o.From = last.Stage
		o.Changes = changesOf(t, &o)
		if !referral.TransitionPossible(last.State, o.State) {
			c.impossible++
		}
	}
	return append(t, o)
}

// fillIn copies from the observation before what an incomplete reading omits of a
// referral in the same state: what was not read may still be there.
func (o *Observation) fillIn(before *Observation, s *referral.Standing) {
	if o.State != before.State {
		return
	}
	if !s.HasAppointment {
		o.Phase = before.Phase
	}
	if o.Start == nil && o.Phase == before.Phase {
		o.Start = before.Start
	}
	if o.DueBy.IsZero() {
		o.DueBy = before.DueBy
	}
	if o.Service == "" {
		o.Service = before.Service
	}
}

// miss records that a complete reading no longer has the referral.
func (c *comparison) miss(t observations) observations {
	c.changed = true
	last := t.last()
	return append(t, Observation{
		Referral: last.Referral, Number: last.Number + 1, Gone: true, FirstSeen: c.seenAt, Confirmed: c.seenAt,
		Changes: []referral.ChangeKind{referral.ChangeGone}, From: last.Stage,
	})
}
