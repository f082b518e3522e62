package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Waiting is how long a citizen has waited for the hospital. It is there only
// where the hospital acts and a day is known from which to count; an overdue review
// has words of its own instead.
type Waiting struct {
	// Since is the London day of the referral or, where no source gave one, the day on
	// which this service first saw the stage: the wait is at least as long.
	Since string `json:"since"`
	// FirstSeen is the London day on which this service first saw the stage; nil where
	// no earlier read showed it.
	FirstSeen *string `json:"firstSeen"`
	// Long: the stage was first seen as many days ago as states.yaml calls long
	// (long_wait_days), or the referral is older than the NHS Constitution's 18 weeks
	// from referral to treatment.
	Long bool `json:"long"`
	// Text says since when and, when it is long, what to do and whom to phone.
	Text wording.Text `json:"text"`
}

// referralToTreatment is the longest wait that the NHS Constitution for England
// gives a right to, in days.
const referralToTreatment = 18 * 7

// wait says what a citizen who waits for the hospital needs to know: that there is
// nothing to do, where that is certain, or whom to ask.
func (b *builder) wait(d *draft, assured bool) {
	if d.State.WhoActs != referral.ByHospital {
		return
	}
	words := b.words.State(wording.KeyOfStage(d.stage))
	if d.Waiting = b.waiting(d, words.LongWaitDays); d.Waiting != nil && d.Waiting.Long {
		ask := b.askContact(b.words.Phrase(wording.KeyWaitingLong), d.Contact)
		d.Waiting.Text = d.Waiting.Text.Then(ask)
		d.State.NextStep = d.State.NextStep.Then(ask)
		return
	}
	if assured && words.NothingToDo {
		d.State.NextStep = d.State.NextStep.Then(b.say(wording.KeyNothingToDo))
	}
	d.State.NextStep = d.State.NextStep.Then(b.askContact(b.words.Phrase(wording.KeyWorried), d.Contact))
}

// waiting counts the days; nil where there is no day to count from.
func (b *builder) waiting(d *draft, longDays int) *Waiting {
	w := &Waiting{}
	var long time.Time
	if d.ReferredOn != nil {
		day, _ := time.ParseInLocation(time.DateOnly, *d.ReferredOn, b.london())
		if b.reached(day) {
			w.Since, w.Text = *d.ReferredOn, b.sayOn(wording.KeyWaitingReferred, day)
			long = daysAfter(day, referralToTreatment)
		}
	}
	if seen := d.seen.since; !seen.IsZero() {
		day := seen.In(b.london())
		text, said := day.Format(time.DateOnly), b.sayOn(wording.KeyWaitingFirstSeen, day)
		w.FirstSeen = &text
		if w.Since == "" {
			w.Since, w.Text = text, said
		} else {
			w.Text = w.Text.Then(said)
		}
		long = earliest(long, daysAfter(day, longDays))
	}
	if w.Since == "" {
		return nil
	}
	w.Long = b.reached(long)
	return w
}

// daysAfter is the beginning of the day that is so many days after another.
func daysAfter(t time.Time, days int) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, t.Location())
}
