package history

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// changesOf returns the changes that a citizen sees when o comes after t.
func changesOf(t observations, o *Observation) []referral.ChangeKind {
	last := t.last()
	if o.Stage != last.Stage {
		if o.Phase == referral.PhaseCancelled && last.Phase != referral.PhaseCancelled {
			return []referral.ChangeKind{referral.ChangeCancelled}
		}
		return []referral.ChangeKind{referral.ChangeState}
	}
	// The comparison is with the last date known at this stage: one that could not be
	// read for a while and then is the same again has not changed.
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
	var changes []referral.ChangeKind
	if o.State == referral.StateBooked && o.Start != nil && !equalTime(o.Start, start) {
		changes = append(changes, referral.ChangeAppointment)
	}
	if !o.DueBy.IsZero() && o.DueBy != due {
		changes = append(changes, referral.ChangeReview)
	}
	return changes
}
