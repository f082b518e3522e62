package history

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// newsOf tells what a citizen would see change with o, coming after t.
func newsOf(t track, o *Observation) []timeline.ChangeKind {
	last := t.last()
	if o.Stage != last.Stage {
		if o.Phase == timeline.PhaseCancelled && last.Phase != timeline.PhaseCancelled {
			return []timeline.ChangeKind{timeline.ChangeCancelled}
		}
		return []timeline.ChangeKind{timeline.ChangeState}
	}
	// Compared is with the last date known at this stage: one that could not be
	// seen for a while and then is as it was has not changed.
	var start *time.Time
	var due timeline.Date
	for _, before := range t[max(t.firstOfStage(), 0):] {
		if before.Start != nil {
			start = before.Start
		}
		if !before.DueBy.IsZero() {
			due = before.DueBy
		}
	}
	var news []timeline.ChangeKind
	if o.State == timeline.StateBooked && o.Start != nil && !equalTime(o.Start, start) {
		news = append(news, timeline.ChangeAppointment)
	}
	if !o.DueBy.IsZero() && o.DueBy != due {
		news = append(news, timeline.ChangeReview)
	}
	return news
}
