package timeline

import "github.com/patient-care-aggregator/aggregator/internal/referral"

// state tells where a referral stands: its phase, who acts, and in which words.
// byTime says that a date that went by chose the words, and not the stage.
func (b *builder) state(code string, rule referral.Rules, k booking, due duty) (_ State, byTime bool) {
	s := State{Code: code, Phase: rule.Phase, WhoActs: rule.WhoActs}
	words := face(code)
	if code == referral.StateBooked {
		switch {
		case k.kind == dateToCome:
			words, s.Phase, s.WhoActs = faceDateToCome, referral.PhaseWithService, referral.ByHospital
		case k.kind == dateUnseen:
			words, s.WhoActs = faceDateUnseen, referral.You
		case k.passed:
			// What follows was said at the appointment, if there was one: e-RS does not know.
			words, s.Phase, s.WhoActs, byTime = faceDatePassed, referral.PhasePassed, referral.UnknownActor, true
		}
	}
	waiting := s.WhoActs == referral.ByHospital || code == referral.StateUnknown
	if due.overdue && waiting {
		words, s.WhoActs, byTime = faceOverdueBase+face(due.kind), referral.You, true
	}
	text := b.vs.faces[words]
	s.Title = text.title.in(b.lang)
	s.NextStep = text.nextStep.in(b.lang)
	s.Description = b.describe(text, words, k, due)
	return s, byTime
}

// describe fills in the one date that the words are about.
func (b *builder) describe(text stateWords, words face, k booking, due duty) string {
	if words == face(referral.StateBooked) || words == faceDatePassed {
		lang := text.description.spoken(b.lang)
		return text.description.in(lang, "date", b.vs.dateInWords(k.start, lang), "time", b.vs.timeInWords(k.start, lang))
	}
	if due.dueBy.IsZero() {
		return text.description.in(b.lang)
	}
	description := text.description
	if text.descriptionBy != nil {
		description = text.descriptionBy
	}
	lang := description.spoken(b.lang)
	return description.in(lang, "date", b.vs.dateInWords(due.dueBy.Begins(b.vs.london), lang))
}

// addNextSteps puts what else must be done into the state's next step. It tells
// whether the appointment is remote, that is at no place.
func (b *builder) addNextSteps(r *Referral, f *referral.Facts, k booking) (remote bool) {
	if f.Service != nil && k.kind == booked {
		t := b.vs.types[f.Service.Type]
		remote = t.remote
		if t.nextStep != nil && r.State.Phase == referral.PhaseBooked {
			r.State.NextStep = t.nextStep.in(b.lang)
		}
	}
	if k.strange {
		r.State.WhoActs = referral.You
		r.State.NextStep += " " + b.say(sayCheckAppointment)
	}
	if r.State.WhoActs == referral.You && *r.Priority.Code == priorityUrgent {
		r.State.NextStep += " " + b.say(sayUrgentAction)
	}
	return remote
}
