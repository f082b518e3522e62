package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// state says where a referral is: its phase, who acts, and in which words.
// byTime says that a date that went by chose the words, and not the stage.
func (b *builder) state(d *draft, rule referral.Rules) (byTime bool) {
	code, k, due := d.stage.State, d.booking, d.due
	s := State{Code: code, Phase: rule.Phase, WhoActs: rule.WhoActs}
	d.words = wording.StateKey(code)
	if code == referral.StateBooked {
		switch {
		case k.kind == dateToCome:
			d.words, s.Phase, s.WhoActs = wording.BookedDateToCome, referral.PhaseWithService, referral.ByHospital
		case k.kind == dateUnseen:
			d.words, s.WhoActs = wording.BookedDateUnseen, referral.You
		case k.passed:
			// What follows was said at the appointment, if there was one: e-RS does not know.
			d.words, s.Phase, s.WhoActs, byTime = wording.BookedDatePassed, referral.PhasePassed, referral.UnknownActor, true
			if k.dayOnly {
				d.words = wording.BookedDayPassed
			}
		case k.dayOnly:
			d.words = wording.BookedTimeUnseen
		}
	}
	waiting := s.WhoActs == referral.ByHospital || code == referral.StateUnknown
	if due.overdue && waiting {
		d.words, s.WhoActs, byTime = wording.Overdue(due.kind), referral.You, true
	}
	text := b.words.State(d.words)
	s.Title = text.Title.In(b.lang)
	s.NextStep = b.askContact(text.NextStep, d.Contact)
	if d.kind.NextStep != nil && d.booking.kind == booked && s.Phase == referral.PhaseBooked {
		s.NextStep = b.askContact(d.kind.NextStep, d.Contact)
	}
	s.Description = b.describe(text, d)
	d.State = s
	return byTime
}

// describe fills in the one date that the words are about.
func (b *builder) describe(text wording.StateWords, d *draft) wording.Text {
	switch {
	case d.words == referral.StateBooked, d.words == wording.BookedDatePassed:
		return b.words.FillAt(text.Description, b.lang, d.booking.start)
	case d.words == wording.BookedTimeUnseen, d.words == wording.BookedDayPassed:
		return b.words.FillOn(text.Description, b.lang, d.booking.start)
	case d.due.dueBy.IsZero():
		return text.Description.In(b.lang)
	case text.DescriptionBy != nil:
		return b.words.FillOn(text.DescriptionBy, b.lang, d.due.dueBy.Begins(b.london()))
	}
	return b.words.FillOn(text.Description, b.lang, d.due.dueBy.Begins(b.london()))
}

// nextStep adds what else must be done.
func (b *builder) nextStep(d *draft) {
	add := func(text wording.Text) { d.State.NextStep = d.State.NextStep.Then(text) }
	if d.booking.strange {
		d.State.WhoActs = referral.You
		add(b.askContact(b.words.Phrase(wording.KeyCheckAppointment), d.Contact))
	}
	if d.State.WhoActs == referral.You && *d.Priority.Code == wording.PriorityUrgent {
		add(b.say(wording.KeyUrgentAction))
	}
}
