package timeline

import "github.com/patient-care-aggregator/aggregator/internal/referral"

// sayKey names one phrase of phrases.yaml.
type sayKey string

// The phrases, by their keys in phrases.yaml.
const (
	sayDate     sayKey = "date"
	sayMidday   sayKey = "midday"
	sayMidnight sayKey = "midnight"

	saySummaryEmpty   sayKey = "summary_empty"
	saySummaryNothing sayKey = "summary_nothing_to_do"
	saySummaryAction  sayKey = "summary_action" // counted

	sayUrgentAction     sayKey = "urgent_action"
	sayCheckAppointment sayKey = "check_appointment"

	sayReferred         sayKey = "event_referred"
	sayReferredBy       sayKey = "event_referred_by"
	sayAppointment      sayKey = "event_appointment"
	sayAppointmentGone  sayKey = "event_appointment_passed"
	sayAppointmentOff   sayKey = "event_appointment_cancelled"
	sayAppointmentPlace sayKey = "event_appointment_place"
	saySeenSince        sayKey = "event_state_since"
	saySeenFirst        sayKey = "event_state_first_seen"

	sayWaitingSince     sayKey = "waiting_since"
	sayWaitingLong      sayKey = "waiting_long"
	sayWaitingLongPhone sayKey = "waiting_long_phone"

	sayChangeNew         sayKey = "change_new_referral"
	sayChangeAppointment sayKey = "change_appointment"
	sayChangeReview      sayKey = "change_review"
	sayChangeGone        sayKey = "change_gone"
	sayChangeGoneNext    sayKey = "change_gone_next_step"
	sayChangeBefore      sayKey = "change_before"

	sayContactGP     sayKey = "contact_gp"
	saySwitchboard   sayKey = "contact_switchboard"
	saySwitchboardGP sayKey = "contact_referrer_phone"

	sayCalendarTitle  sayKey = "calendar_title"
	sayCalendarDetail sayKey = "calendar_detail"
	sayCalendarPhone  sayKey = "calendar_phone"

	sayUnknownSpecialty sayKey = "specialty_unknown"
	sayUnknownType      sayKey = "appointment_type_unknown"

	sayOtherNotice sayKey = "notice_other" // counted
	sayOtherIssue  sayKey = "issue_other"
)

// saySlots are the phrases that must be there, with the slots each must have.
func saySlots() map[sayKey][]string {
	return map[sayKey][]string{
		sayDate:             {"weekday", "day", "month", "year"},
		sayMidday:           nil,
		sayMidnight:         nil,
		saySummaryEmpty:     nil,
		saySummaryNothing:   nil,
		sayUrgentAction:     nil,
		sayCheckAppointment: nil,
		sayReferred:         nil,
		sayReferredBy:       {"name"},
		sayAppointment:      nil,
		sayAppointmentGone:  nil,
		sayAppointmentOff:   nil,
		sayAppointmentPlace: {"name"},
		saySeenSince:        {"date"},
		saySeenFirst:        {"date"},

		sayWaitingSince:     {"date"},
		sayWaitingLong:      {"name"},
		sayWaitingLongPhone: {"name", "phone"},

		sayChangeNew:         nil,
		sayChangeAppointment: {"date", "time"},
		sayChangeReview:      {"date"},
		sayChangeGone:        nil,
		sayChangeGoneNext:    nil,
		sayChangeBefore:      {"state"},

		sayContactGP:        nil,
		saySwitchboard:      nil,
		saySwitchboardGP:    nil,
		sayCalendarTitle:    nil,
		sayCalendarDetail:   nil,
		sayCalendarPhone:    {"name", "phone"},
		sayUnknownSpecialty: nil,
		sayUnknownType:      nil,
		sayOtherIssue:       nil,
	}
}

// say fills one phrase; values are pairs of slot and text.
func (v *ValueSets) say(lang Lang, key sayKey, values ...string) string {
	return v.phrases[key].in(lang, values...)
}

// face names the words for one standing of a referral in states.yaml.
type face string

// The faces beyond one for each state code.
const (
	faceDateToCome  face = "BOOKED.date_to_come" // indirectly booked
	faceDateUnseen  face = "BOOKED.date_unseen"  // booked, but no appointment could be read
	faceDatePassed  face = "BOOKED.passed"
	faceOverdueBase face = "OVERDUE." // followed by the kind of review
)

// faceSlots are the faces that must be there, with the slots of each description.
func faceSlots() map[face][]string {
	slots := map[face][]string{
		face(referral.StateUnknown):                  nil,
		faceDateToCome:                               nil,
		faceDateUnseen:                               nil,
		faceDatePassed:                               {"date", "time"},
		faceOverdueBase + referral.ReviewTriage:      {"date"},
		faceOverdueBase + referral.ReviewAppointment: {"date"},
		faceOverdueBase + reviewUnknown:              {"date"},
	}
	for _, code := range referral.States() {
		slots[face(code)] = nil
	}
	slots[referral.StateBooked] = []string{"date", "time"}
	return slots
}

// faceOf is the face whose title names the stage.
func faceOf(s referral.Stage) face {
	if s.State == referral.StateBooked && s.Phase == referral.PhaseWithService {
		return faceDateToCome
	}
	return face(s.State)
}

// stateWords are the words of one face.
type stateWords struct {
	title, description, nextStep phrase
	// descriptionBy is the description where a due date is known; nil where the
	// face has no such words.
	descriptionBy phrase
	// longWait is after how many days the wait for the hospital is long; 0 where
	// the hospital does not act.
	longWait int
}

// hospitalActs tells whether the citizen of that standing waits for the hospital.
func hospitalActs(name face) bool {
	rule, known := referral.RulesOf(string(name))
	return name == faceDateToCome || known && rule.WhoActs == referral.ByHospital
}
