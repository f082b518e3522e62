package referral

import "time"

// Facts are what one source knows about one referral, already checked to be
// this citizen's own. Codes are as the source sent them: this package decides what
// they mean. Absent parts are nil or empty.
type Facts struct {
	Source string // id of the source, such as "ers-01"
	// EventSource is how events name the source, such as "ers"; empty: by its id.
	EventSource string
	// ID is opaque and stable for this citizen (citizen.OpaqueID).
	ID string
	// BookingReference is the UBRN, 12 digits, known to the citizen as the
	// booking reference.
	BookingReference string
	Version          string // the source's version of the referral, empty when absent
	State            string // code of eRS-ReferralState; empty when it could not be read
	Priority         string // code of eRS-Priority: ROUTINE, URGENT, TWO_WEEK_WAIT
	Specialty        *Coding
	ReferredOn       Date // London day; zero when absent
	Referrer         *Organisation
	Service          *Service
	Appointment      *Appointment
	Review           *Review
	// ManageURL is the source's link to manage this referral; empty when none.
	ManageURL string
}

// Coding is a code of some code system with the words that came with it.
type Coding struct {
	Code    string
	Display string
}

// Organisation is an NHS organisation or site by its ODS code. Name is empty
// where none is known; Phone is the organisation's switchboard. One that has
// Closed keeps its name and cannot be phoned.
type Organisation struct {
	ODSCode string
	Name    string
	Phone   string
	Closed  bool
}

// Service is a provider's service in the directory of services.
type Service struct {
	ID        string // opaque to the citizen's app (citizen.OpaqueID)
	Name      string // empty when the look-up failed
	Type      string // code of eRS-AppointmentType; empty when absent
	Specialty *Coding
	Provider  *Organisation
	Locations []Organisation
}

// Appointment is the one booking that e-RS holds for a referral. A nil Start
// means indirectly bookable: hospital staff will send the date and time.
type Appointment struct {
	ID    string // opaque and stable for this citizen
	Start *time.Time
	End   *time.Time
	// Version is the source's version of it and Modified when that was made; empty and
	// nil when absent.
	Version  string
	Modified *time.Time
}

// Kinds of review.
const (
	ReviewTriage      = "triage"      // TRIAGE_DEFERRAL: a specialist team is looking at the referral
	ReviewAppointment = "appointment" // APPOINTMENT_DEFERRAL: staff will arrange an appointment
	// ReviewUnknown is a kind of task that this version does not know.
	ReviewUnknown = "unknown"
)

// Review is a task that the provider means to finish by a day.
type Review struct {
	Kind  string // ReviewTriage, ReviewAppointment; empty for an unknown kind of task
	DueBy Date   // the provider's target, not a promise; zero when absent
}

// Date is a calendar day in London without a time. The zero Date is "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}
