package web

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Orphan is an appointment or a review without its referral, on the page.
type Orphan struct {
	Anchor            string
	Title, NextStep   wording.Text
	Appointment       *Visit
	DueBy             string // of a review, in words; empty: none is known
	Service, Provider wording.Text

	Contact     wording.Text
	Phone, Dial string // Dial is empty when Phone cannot be dialled unchanged
	PhoneNote   wording.Text
}

// Orphans are what belongs to none of the referrals.
func (p Timeline) Orphans() []Orphan {
	shown := make([]Orphan, 0, len(p.Told.Orphans))
	for _, o := range p.Told.Orphans {
		view := Orphan{
			Anchor: "orphan-" + o.ID, Title: o.Title, NextStep: o.NextStep,
			Appointment: newVisit(o.Appointment, o.Service), Contact: o.Contact.Name, PhoneNote: optional(o.Contact.Note),
		}
		if view.Appointment != nil {
			view.Appointment.Calendar = "" // a calendar file is offered for what is known to be the citizen's plan
		}
		view.Contact.Text = sentence(view.Contact.Text)
		view.Service, view.Provider = clinic(o.Service)
		view.Phone, view.Dial = phoneOf(o.Contact)
		if o.Review != nil && o.Review.DueBy != nil {
			if day, err := time.Parse(time.DateOnly, *o.Review.DueBy); err == nil {
				view.DueBy = Day(day)
			}
		}
		shown = append(shown, view)
	}
	return shown
}
