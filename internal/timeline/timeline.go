package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Timeline is the answer to "where are my referrals?" at one instant. Marshalled
// as JSON it is the summary, referrals and events of GET /v1/timeline: arrays are
// never null, and what is absent is null.
type Timeline struct {
	Summary   Summary    `json:"summary"`
	Referrals []Referral `json:"referrals"`
	// Orphans are appointments and reviews that belong to none of them; never null.
	Orphans []Orphan `json:"orphans"`
	// Events are the events of all referrals in one order: what happened, then
	// where each referral is now, then what is still to come.
	Events []Event `json:"events"`
	// Sources are where the answer comes from, and Notices what is not in it.
	Sources []Source `json:"-"`
	Notices []Notice `json:"-"`

	// ChangesAt is the first instant at which only the passing of time changes
	// this answer; zero means never. Until then the answer may be kept.
	ChangesAt time.Time `json:"-"`
	// Counts are for the team that runs the service, never for the citizen.
	Counts Counts `json:"-"`
}

// Summary is the timeline in one line.
type Summary struct {
	NeedsAction int `json:"needsAction"` // referrals in which the citizen acts next
	// Certain: every source answered freshly and all of it could be read, and of each
	// referral it is known who acts and that nobody has waited long. An app must not
	// say "nothing to do" without it.
	Certain bool `json:"certain"`
	// NextAppointment is the start of the next appointment that has not passed,
	// RFC 3339 with the London offset; nil when there is none, or only its day is known.
	NextAppointment *string `json:"nextAppointment"`
	// NextAppointmentText is its day, and time where known, in words, and NextReferralID
	// the referral that it is of; both nil when there is none.
	NextAppointmentText *wording.Text `json:"nextAppointmentText"`
	NextReferralID      *string       `json:"nextReferralId"`
	Text                wording.Text  `json:"text"`
}

// Referral is one referral as the citizen sees it.
type Referral struct {
	ID string `json:"id"`
	// BookingReference is grouped "1234 5678 9012"; nil when absent.
	BookingReference *string `json:"bookingReference"`
	// Specialty is nil when no source gave one.
	Specialty *Coded `json:"specialty"`
	// Priority has the code routine, urgent or unknown.
	Priority Coded `json:"priority"`
	State    State `json:"state"`
	// ReferredOn is a London day, YYYY-MM-DD; nil when absent.
	ReferredOn  *string      `json:"referredOn"`
	Referrer    *Place       `json:"referrer"`
	Service     *Service     `json:"service"`
	Contact     Contact      `json:"contact"`
	Appointment *Appointment `json:"appointment"`
	Review      *Review      `json:"review"`
	// Waiting is nil when the citizen does not wait for the hospital, and when no
	// day is known from which to count.
	Waiting *Waiting `json:"waiting"`
	// ManageURL is this service's own hand-off path; nil when the source gave no link.
	ManageURL *string `json:"manageUrl"`
	Events    []Event `json:"events"` // at least one
}

// Coded is a code with words. Code is nil where the code must not or cannot be
// shown; Display always has words.
type Coded struct {
	Code    *string      `json:"code"`
	Display wording.Text `json:"display"`
}

// State is where a referral is, in words.
type State struct {
	// Code is one of the eleven codes of eRS-ReferralState, or UNKNOWN: a code
	// that is unknown is never repeated, because it could disclose something.
	Code        string         `json:"code"`
	Phase       referral.Phase `json:"phase"`
	Title       wording.Text   `json:"title"`
	Description wording.Text   `json:"description"`
	WhoActs     referral.Actor `json:"whoActs"`
	NextStep    wording.Text   `json:"nextStep"`
}

// Place is an organisation or site. Either part is nil when unknown or not shown.
type Place struct {
	ODSCode *string       `json:"odsCode"`
	Name    *wording.Text `json:"name"`
}

// Service is the service that the referral was sent to.
type Service struct {
	ID        *string       `json:"id"`
	Name      *wording.Text `json:"name"` // nil when it could not be looked up
	Type      *Coded        `json:"type"`
	Provider  *Place        `json:"provider"`
	Locations []Place       `json:"locations"` // never null; none where the appointment is remote
}

// Contact is whom to phone or ask.
type Contact struct {
	Role  string       `json:"role"` // hospital, referrer or gp
	Name  wording.Text `json:"name"`
	Phone *string      `json:"phone"`
	// Source is "ods" where the name comes from the organisation directory,
	// "default" where these are general words.
	Source string `json:"source"`
	// Note says what kind of number Phone is (a switchboard, not the clinic), and
	// that somebody else has closed; nil when there is neither.
	Note *wording.Text `json:"note"`
}

// Appointment is the one booked appointment. Times are RFC 3339 with the
// London offset.
type Appointment struct {
	ID    string  `json:"id"`
	Date  *string `json:"date"`  // London day; nil: not known here
	Start *string `json:"start"` // nil: not known here, or the day only
	End   *string `json:"end"`
	// DisplayDate is nil exactly when Date is nil, and DisplayTime when Start is.
	DisplayDate *wording.Text `json:"displayDate"` // "Wednesday 6 August 2025"
	DisplayTime *wording.Text `json:"displayTime"` // "2:30pm", "midday"
	// DateToBeConfirmed: hospital staff will send the date and time.
	DateToBeConfirmed bool `json:"dateToBeConfirmed"`
	// HasPassed: the end (or the start, where no end is known) lies behind. It
	// never means that anybody attended.
	HasPassed bool `json:"hasPassed"`
	// Remote: somebody will phone; the citizen must not travel.
	Remote bool `json:"remote"`

	// Calendar is what a calendar file says about it.
	Calendar CalendarEntry `json:"-"`
}

// Review is the day by which the provider means to act.
type Review struct {
	Kind  string  `json:"kind"`  // triage, appointment or unknown
	DueBy *string `json:"dueBy"` // London day; nil when absent
	// Overdue begins on the London day after DueBy.
	Overdue bool `json:"overdue"`
}

// Kinds of event.
const (
	EventReferred    = "referred"
	EventState       = "state"
	EventAppointment = "appointment"
	EventReviewDue   = "review_due"
)

// Event is one line of the timeline.
type Event struct {
	// ID is stable while the referral, kind and instant stay the same.
	ID         string `json:"id"`
	ReferralID string `json:"referralId"`
	Kind       string `json:"kind"`
	// At is RFC 3339 with the London offset, or YYYY-MM-DD where DateOnly. Of a
	// state it is the day on which this service first saw it, for e-RS does not
	// tell its beginning; nil where no earlier read showed the current state.
	At       *string `json:"at"`
	DateOnly bool    `json:"dateOnly"`
	// DisplayDate and DisplayTime are At in words; nil where At has no such part.
	DisplayDate *wording.Text `json:"displayDate"`
	DisplayTime *wording.Text `json:"displayTime"`
	Title       wording.Text  `json:"title"`
	Detail      *wording.Text `json:"detail"`
	// Source is the facts' own, such as "ers", or "observed" for a state in which the referral is no
	// more, which this service saw on an earlier read.
	Source   string `json:"source"`
	Upcoming bool   `json:"upcoming"`

	instant int64 // Unix seconds of At, for order
	present bool  // it says where the referral is now
}

// CodeKind names a kind of code that a source sends.
type CodeKind string

// The kinds of code and value that can turn out unreadable.
const (
	CodeState            CodeKind = "state"    // also counted when absent
	CodePriority         CodeKind = "priority" // also counted when absent
	CodeSpecialty        CodeKind = "specialty"
	CodeAppointmentType  CodeKind = "appointment_type"
	CodeReview           CodeKind = "review"
	CodeDate             CodeKind = "date"
	CodeBookingReference CodeKind = "booking_reference"
)

// Counts say what the sources sent that this package did not understand or did
// not show as it came. They carry no value of any fact.
type Counts struct {
	// Unknown counts codes and values without a meaning here, by kind; nil when none.
	Unknown map[CodeKind]int
	// Duplicates counts facts skipped because a fuller or newer one had the same id.
	Duplicates int
	// Contradictions counts referrals whose state does not fit their appointment.
	Contradictions int
	// Softened counts referrals that the disclosure policy softened or hid.
	Softened int
}
