package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Waiting is how long a referral has been with the hospital, as far as this
// service saw. It is there only where the hospital acts and an earlier read
// showed the same stage; an overdue review has words of its own instead.
type Waiting struct {
	// Since is the London day on which the stage was first seen: the wait is at
	// least as long.
	Since string `json:"since"`
	// Long: the stage has been seen for as many days as states.yaml calls long
	// (long_wait_days).
	Long bool `json:"long"`
	// Text says so and, when it is long, what to do and whom to phone.
	Text wording.Text `json:"text"`
}

// wait describes the wait of a referral whose state and contact are known. When it
// is long, the next step must not say to do nothing: it says whom to ask.
func (b *builder) wait(r *Referral, stage referral.Stage, seen sightings) {
	if r.State.WhoActs != referral.ByHospital || seen.since.IsZero() {
		return
	}
	since := seen.since.In(b.london())
	r.Waiting = &Waiting{Since: since.Format(time.DateOnly), Text: b.sayOn(wording.KeyWaitingSince, since)}
	year, month, day := since.Date()
	long := time.Date(year, month, day+b.words.State(wording.KeyOfStage(stage)).LongWaitDays, 0, 0, 0, 0, b.london())
	if r.Waiting.Long = b.reached(long); !r.Waiting.Long {
		return
	}
	r.State.NextStep = b.say(wording.KeyWaitingLong, "name", r.Contact.Name.Text)
	if r.Contact.Phone != nil {
		r.State.NextStep = b.say(wording.KeyWaitingLongPhone, "name", r.Contact.Name.Text, "phone", *r.Contact.Phone)
	}
	r.Waiting.Text = r.Waiting.Text.Then(r.State.NextStep)
}
