package wording

// Key names one phrase of phrases.yaml.
type Key string

// The phrases, by their keys in phrases.yaml.
const (
	KeyDate        Key = "date"
	KeyDateAndTime Key = "date_and_time"
	KeyMidday      Key = "midday"
	KeyMidnight    Key = "midnight"

	KeySummaryEmpty     Key = "summary_empty"
	KeySummaryNothing   Key = "summary_nothing_to_do"
	KeySummaryUncertain Key = "summary_uncertain"
	KeySummaryMissing   Key = "summary_missing"
	KeySummaryAction    Key = "summary_action" // counted

	KeyNothingToDo  Key = "nothing_to_do_now"
	KeyWorried      Key = "waiting_worried"
	KeyUrgentAction Key = "urgent_action"

	KeyOrphanAppointment Key = "orphan_appointment"
	KeyOrphanReview      Key = "orphan_review"
	KeyOrphanNext        Key = "orphan_next_step"
	KeyCheckAppointment  Key = "check_appointment"

	KeyReferred         Key = "event_referred"
	KeyReferredBy       Key = "event_referred_by"
	KeyAppointment      Key = "event_appointment"
	KeyAppointmentGone  Key = "event_appointment_passed"
	KeyAppointmentOff   Key = "event_appointment_cancelled"
	KeyAppointmentPlace Key = "event_appointment_place"
	KeySeenSince        Key = "event_state_since"
	KeySeenFirst        Key = "event_state_first_seen"

	KeyWaitingReferred  Key = "waiting_referred"
	KeyWaitingFirstSeen Key = "waiting_first_seen"
	KeyWaitingLong      Key = "waiting_long"

	KeyChangeNew         Key = "change_new_referral"
	KeyChangeAppointment Key = "change_appointment"
	KeyChangeDay         Key = "change_appointment_day"
	KeyChangeReview      Key = "change_review"
	KeyChangeGone        Key = "change_gone"
	KeyChangeGoneNext    Key = "change_gone_next_step"
	KeyChangeBefore      Key = "change_before"

	KeyContactOn     Key = "contact_on"
	KeyContactClosed Key = "contact_closed"
	KeyContactGP     Key = "contact_gp"
	KeySwitchboard   Key = "contact_switchboard"
	KeySwitchboardGP Key = "contact_referrer_phone"

	KeyCalendarTitle        Key = "calendar_title"
	KeyCalendarTitleRemote  Key = "calendar_title_remote"
	KeyCalendarDetail       Key = "calendar_detail"
	KeyCalendarDetailRemote Key = "calendar_detail_remote"
	KeyCalendarPhone        Key = "calendar_phone"
	KeyCalendarReference    Key = "calendar_reference"

	KeyUnknownSpecialty Key = "specialty_unknown"
	KeyUnknownType      Key = "appointment_type_unknown"

	KeyOtherNotice Key = "notice_other" // counted
	KeyOtherIssue  Key = "issue_other"
)

// keySlots are the phrases that must be there, with the slots each must have.
func keySlots() map[Key][]string {
	return map[Key][]string{
		KeyDate:             {"weekday", "day", "month", "year"},
		KeyDateAndTime:      {"date", "time"},
		KeyMidday:           nil,
		KeyMidnight:         nil,
		KeySummaryEmpty:     nil,
		KeySummaryNothing:   nil,
		KeySummaryUncertain: nil,
		KeySummaryMissing:   nil,
		KeyNothingToDo:      nil,
		KeyWorried:          {SlotContact},
		KeyUrgentAction:     nil,

		KeyOrphanAppointment: nil,
		KeyOrphanReview:      nil,
		KeyOrphanNext:        {SlotContact},

		KeyCheckAppointment: {SlotContact},
		KeyReferred:         nil,
		KeyReferredBy:       {"name"},
		KeyAppointment:      nil,
		KeyAppointmentGone:  nil,
		KeyAppointmentOff:   nil,
		KeyAppointmentPlace: {"name"},
		KeySeenSince:        {"date"},
		KeySeenFirst:        {"date"},

		KeyWaitingReferred:  {"date"},
		KeyWaitingFirstSeen: {"date"},
		KeyWaitingLong:      {SlotContact},

		KeyChangeNew:         nil,
		KeyChangeAppointment: {"date", "time"},
		KeyChangeDay:         {"date"},
		KeyChangeReview:      {"date"},
		KeyChangeGone:        nil,
		KeyChangeGoneNext:    nil,
		KeyChangeBefore:      {"state"},

		KeyContactOn:     {"name", "phone"},
		KeyContactClosed: {"name"},
		KeyContactGP:     nil,
		KeySwitchboard:   nil,
		KeySwitchboardGP: nil,

		KeyCalendarTitle:        nil,
		KeyCalendarTitleRemote:  nil,
		KeyCalendarDetail:       nil,
		KeyCalendarDetailRemote: nil,

		KeyCalendarPhone:     {"name", "phone"},
		KeyCalendarReference: {"reference"},
		KeyUnknownSpecialty:  nil,
		KeyUnknownType:       nil,
		KeyOtherIssue:        nil,
	}
}
