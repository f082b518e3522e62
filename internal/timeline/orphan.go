package timeline

import (
	"cmp"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Orphan is an appointment or a review whose referral was not sent: the citizen
// must learn of its date, and whom to ask. Why it is so cannot be known here.
type Orphan struct {
	ID          string       `json:"id"`
	Title       wording.Text `json:"title"`
	NextStep    wording.Text `json:"nextStep"`
	Appointment *Appointment `json:"appointment"` // nil: it is a review
	Review      *Review      `json:"review"`      // nil: it is an appointment
	Service     *Service     `json:"service"`
	Contact     Contact      `json:"contact"`
}

// orphans describes what belongs to no referral, the earliest first. How urgent it
// is was not sent, so names are told as for an unknown priority.
func (b *builder) orphans(list []referral.Facts) []Orphan {
	shown := make([]Orphan, 0, len(list))
	for i := range list {
		shown = append(shown, b.orphan(&list[i]))
	}
	slices.SortFunc(shown, func(x, y Orphan) int {
		return cmp.Or(cmp.Compare(x.day(), y.day()), cmp.Compare(x.ID, y.ID))
	})
	return shown
}

func (b *builder) orphan(f *referral.Facts) Orphan {
	verdict := b.judge.Level(referral.Copies{*f})
	d := draft{facts: f}
	if f.Service != nil {
		d.kind, _ = b.words.AppointmentType(f.Service.Type)
	}
	d.booking, d.due = b.booking(f.Appointment, "", referral.AppointmentFits), b.review(f.Review)
	d.Referral = Referral{
		ID: f.ID, Service: b.service(f.Service, verdict), Review: d.due.shown(),
		Appointment: b.appointment(f, d.booking, d.kind.Remote),
	}
	d.Contact = b.contact(f, &d, referral.PhaseUnknown, verdict)
	title := wording.KeyOrphanReview
	if d.Appointment != nil {
		title = wording.KeyOrphanAppointment
		d.Appointment.Calendar = b.calendarEntry(&d, f.Appointment)
	}
	return Orphan{
		ID: d.ID, Title: b.say(title), NextStep: b.askContact(b.words.Phrase(wording.KeyOrphanNext), d.Contact),
		Appointment: d.Appointment, Review: d.Review, Service: d.Service, Contact: d.Contact,
	}
}

// day is the date, YYYY-MM-DD; one that is not known comes after all others.
func (o *Orphan) day() string {
	const never = "9999"
	switch {
	case o.Appointment != nil && o.Appointment.Date != nil:
		return *o.Appointment.Date
	case o.Review != nil && o.Review.DueBy != nil:
		return *o.Review.DueBy
	}
	return never
}
