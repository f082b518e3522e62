package history

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// newsOf tells what a citizen would see change with o, coming after t.
func newsOf(t track, o *Observation) []referral.ChangeKind {
	last := t.last()
	if o.Stage != last.Stage {
		if o.Phase == referral.PhaseCancelled && last.Phase != referral.PhaseCancelled {
			return []referral.ChangeKind{referral.ChangeCancelled}
		}
		return []referral.ChangeKind{referral.ChangeState}
	}
	// Compared is with the last date known at this stage: one that could not be
	// seen for a while and then is as it was has not changed.
	var start *time.Time
	var due referral.Date
	for _, before := range t[max(t.firstOfStage(), 0):] {
		if before.Start != nil {
			start = before.Start
		}
		if !before.DueBy.IsZero() {
			due = before.DueBy
		}
	}
	var news []referral.ChangeKind
	if o.State == referral.StateBooked && o.Start != nil && !equalTime(o.Start, start) {
		news = append(news, referral.ChangeAppointment)
	}
	if !o.DueBy.IsZero() && o.DueBy != due {
		news = append(news, referral.ChangeReview)
	}
	return news
}
