package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// duty is what a review means at this moment.
type duty struct {
	kind    string        // empty: there is no review
	dueBy   referral.Date // zero: no day, or none that a calendar has
	overdue bool
}

// upcoming is the day by which the provider means to act, while it has not gone by.
func (d duty) upcoming(london *time.Location) time.Time {
	if d.dueBy.IsZero() || d.overdue {
		return time.Time{}
	}
	return d.dueBy.Begins(london)
}

func (d duty) shown() *Review {
	if d.kind == "" {
		return nil
	}
	shown := &Review{Kind: d.kind, Overdue: d.overdue}
	if !d.dueBy.IsZero() {
		text := d.dueBy.String()
		shown.DueBy = &text
	}
	return shown
}

// review reads the task. Overdue begins on the London day after the due day.
func (b *builder) review(r *referral.Review) duty {
	if r == nil {
		return duty{}
	}
	d := duty{kind: r.Kind}
	if r.Kind != referral.ReviewTriage && r.Kind != referral.ReviewAppointment {
		d.kind = referral.ReviewUnknown
		b.unknown(CodeReview)
	}
	switch {
	case r.DueBy.IsZero():
	case !r.DueBy.Valid():
		b.unknown(CodeDate)
	default:
		d.dueBy = r.DueBy
		d.overdue = b.reached(r.DueBy.Ends(b.london()))
	}
	return d
}
