package wording

// Key names one phrase of phrases.yaml.
type Key string

// The phrases, by their keys in phrases.yaml.
const (
	KeyDate     Key = "date"
	KeyMidday   Key = "midday"
	KeyMidnight Key = "midnight"

	KeySummaryEmpty     Key = "summary_empty"
	KeySummaryNothing   Key = "summary_nothing_to_do"
	KeySummaryUncertain Key = "summary_uncertain"
	KeySummaryMissing   Key = "summary_missing"
	KeySummaryAction    Key = "summary_action" // counted

	KeyUrgentAction     Key = "urgent_action"
	KeyCheckAppointment Key = "check_appointment"

	KeyReferred         Key = "event_referred"
	KeyReferredBy       Key = "event_referred_by"
	KeyAppointment      Key = "event_appointment"
	KeyAppointmentGone  Key = "event_appointment_passed"
	KeyAppointmentOff   Key = "event_appointment_cancelled"
	KeyAppointmentPlace Key = "event_appointment_place"
	KeySeenSince        Key = "event_state_since"
	KeySeenFirst        Key = "event_state_first_seen"

	KeyWaitingSince     Key = "waiting_since"
	KeyWaitingLong      Key = "waiting_long"
	KeyWaitingLongPhone Key = "waiting_long_phone"

	KeyChangeNew         Key = "change_new_referral"
	KeyChangeAppointment Key = "change_appointment"
	KeyChangeReview      Key = "change_review"
	KeyChangeGone        Key = "change_gone"
	KeyChangeGoneNext    Key = "change_gone_next_step"
	KeyChangeBefore      Key = "change_before"

	KeyContactGP     Key = "contact_gp"
	KeySwitchboard   Key = "contact_switchboard"
	KeySwitchboardGP Key = "contact_referrer_phone"

	KeyCalendarTitle  Key = "calendar_title"
	KeyCalendarDetail Key = "calendar_detail"
	KeyCalendarPhone  Key = "calendar_phone"

	KeyUnknownSpecialty Key = "specialty_unknown"
	KeyUnknownType      Key = "appointment_type_unknown"

	KeyOtherNotice Key = "notice_other" // counted
	KeyOtherIssue  Key = "issue_other"
)

// keySlots are the phrases that must be there, with the slots each must have.
func keySlots() map[Key][]string {
	return map[Key][]string{
		KeyDate:             {"weekday", "day", "month", "year"},
		KeyMidday:           nil,
		KeyMidnight:         nil,
		KeySummaryEmpty:     nil,
		KeySummaryNothing:   nil,
		KeySummaryUncertain: nil,
		KeySummaryMissing:   nil,
		KeyUrgentAction:     nil,
		KeyCheckAppointment: nil,
		KeyReferred:         nil,
		KeyReferredBy:       {"name"},
		KeyAppointment:      nil,
		KeyAppointmentGone:  nil,
		KeyAppointmentOff:   nil,
		KeyAppointmentPlace: {"name"},
		KeySeenSince:        {"date"},
		KeySeenFirst:        {"date"},

		KeyWaitingSince:     {"date"},
		KeyWaitingLong:      {"name"},
		KeyWaitingLongPhone: {"name", "phone"},

		KeyChangeNew:         nil,
		KeyChangeAppointment: {"date", "time"},
		KeyChangeReview:      {"date"},
		KeyChangeGone:        nil,
		KeyChangeGoneNext:    nil,
		KeyChangeBefore:      {"state"},

		KeyContactGP:        nil,
		KeySwitchboard:      nil,
		KeySwitchboardGP:    nil,
		KeyCalendarTitle:    nil,
		KeyCalendarDetail:   nil,
		KeyCalendarPhone:    {"name", "phone"},
		KeyUnknownSpecialty: nil,
		KeyUnknownType:      nil,
		KeyOtherIssue:       nil,
	}
}
