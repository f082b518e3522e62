package timeline

import (
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// SourceObserved is the source of an event that this service saw itself, on an
// earlier read.
const SourceObserved = "observed"

// sightings are what was observed of one referral.
type sightings struct {
	earlier []referral.Observed // stages that it is in no more, oldest first
	// since is when the current stage was first seen; zero: it was not, or the
	// current words come from a date that went by, so that it says nothing of them.
	since time.Time
}

// sightings reads what was observed of a referral next to its current stage.
// byTime says that a date that went by chose the present words.
func (b *builder) sightings(id string, present referral.Stage, byTime bool) sightings {
	var seen sightings
	for _, o := range referral.Runs(b.observed[id]) {
		// A clock that was wrong can have dated it ahead; it counts when its time comes.
		if b.reached(o.Since) {
			seen.earlier = append(seen.earlier, o)
		}
	}
	if n := len(seen.earlier); n > 0 && seen.earlier[n-1].Stage == present && !byTime {
		seen.since, seen.earlier = seen.earlier[n-1].Since, seen.earlier[:n-1]
	}
	return seen
}

// observedEvent describes a stage that the referral is in no more.
func (b *builder) observedEvent(o referral.Observed) Event {
	since := o.Since.In(b.london())
	e := b.dayEvent(o.ReferralID, EventState, since.Format(time.DateOnly), since)
	e.ID = referral.DigestID(o.ReferralID, SourceObserved, o.State, string(o.Phase), strconv.FormatInt(o.Since.UnixNano(), 10))
	e.Title, e.Source = b.stageTitle(o.Stage), SourceObserved
	detail := b.sayOn(wording.KeySeenFirst, since)
	e.Detail = &detail
	return e
}

// dateSince puts the day on which it was first seen into the event of the
// present stage.
func (b *builder) dateSince(e *Event, seen sightings) {
	if seen.since.IsZero() {
		return
	}
	since := seen.since.In(b.london())
	day, date := since.Format(time.DateOnly), b.words.Date(since, b.lang)
	e.At, e.DateOnly, e.DisplayDate, e.instant = &day, true, &date, since.Unix()
	detail := e.Detail.Then(b.sayOn(wording.KeySeenSince, since))
	e.Detail = &detail
}
