package timeline

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// state says where a referral is: its phase, who acts, and in which words.
// byTime says that a date that went by chose the words, and not the stage.
func (b *builder) state(code string, rule referral.Rules, k booking, due duty) (_ State, byTime bool) {
	s := State{Code: code, Phase: rule.Phase, WhoActs: rule.WhoActs}
	words := wording.StateKey(code)
	if code == referral.StateBooked {
		switch {
		case k.kind == dateToCome:
			words, s.Phase, s.WhoActs = wording.BookedDateToCome, referral.PhaseWithService, referral.ByHospital
		case k.kind == dateUnseen:
			words, s.WhoActs = wording.BookedDateUnseen, referral.You
		case k.passed:
			// What follows was said at the appointment, if there was one: e-RS does not know.
			words, s.Phase, s.WhoActs, byTime = wording.BookedDatePassed, referral.PhasePassed, referral.UnknownActor, true
		}
	}
	waiting := s.WhoActs == referral.ByHospital || code == referral.StateUnknown
	if due.overdue && waiting {
		words, s.WhoActs, byTime = wording.Overdue(due.kind), referral.You, true
	}
	text := b.words.State(words)
	s.Title = text.Title.In(b.lang)
	s.NextStep = text.NextStep.In(b.lang)
	s.Description = b.describe(text, words, k, due)
	return s, byTime
}

// describe fills in the one date that the words are about.
func (b *builder) describe(text wording.StateWords, key wording.StateKey, k booking, due duty) wording.Text {
	switch {
	case key == referral.StateBooked, key == wording.BookedDatePassed:
		return b.words.FillAt(text.Description, b.lang, k.start)
	case due.dueBy.IsZero():
		return text.Description.In(b.lang)
	case text.DescriptionBy != nil:
		return b.words.FillOn(text.DescriptionBy, b.lang, due.dueBy.Begins(b.london()))
	}
	return b.words.FillOn(text.Description, b.lang, due.dueBy.Begins(b.london()))
}

// addNextSteps puts what else must be done into the state's next step. It reports
// whether the appointment is remote, that is at no place.
func (b *builder) addNextSteps(r *Referral, f *referral.Facts, k booking) (remote bool) {
	if f.Service != nil && k.kind == booked {
		t, _ := b.words.AppointmentType(f.Service.Type)
		remote = t.Remote
		if t.NextStep != nil && r.State.Phase == referral.PhaseBooked {
			r.State.NextStep = t.NextStep.In(b.lang)
		}
	}
	if k.strange {
		r.State.WhoActs = referral.You
		r.State.NextStep = r.State.NextStep.Then(b.say(wording.KeyCheckAppointment))
	}
	if r.State.WhoActs == referral.You && *r.Priority.Code == wording.PriorityUrgent {
		r.State.NextStep = r.State.NextStep.Then(b.say(wording.KeyUrgentAction))
	}
	return remote
}
