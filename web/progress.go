package web

import (
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Step is one place on a referral's progress line.
type Step struct {
	Label string
	Place Place
}

// Place says where a step is, in a word that is shown on the page: colour must not
// be the only sign.
type Place string

// The places.
const (
	Done  Place = "Done"
	Now   Place = "Now"
	Later Place = "Later"
)

// Current reports whether the referral is at this step.
func (s Step) Current() bool { return s.Place == Now }

// Class names the place for styles.
func (s Step) Class() string {
	switch s.Place {
	case Done:
		return "done"
	case Now:
		return "now"
	}
	return "later"
}

// progress is the line of a phase. A referral that ended early ends there: what comes
// after it is not known. Nothing on it says that anybody attended.
func progress(p referral.Phase) []Step {
	const (
		referred, withHospital, booked = "Referred", "With the hospital", "Booked"
	)
	switch p {
	case referral.PhaseReferred:
		return []Step{{referred, Done}, {"Ready to book", Now}, {booked, Later}}
	case referral.PhaseWithService:
		return []Step{{referred, Done}, {withHospital, Now}, {booked, Later}}
	case referral.PhaseBooked:
		return []Step{{referred, Done}, {booked, Now}}
	case referral.PhasePassed:
		return []Step{{referred, Done}, {booked, Done}, {"Date passed", Now}}
	case referral.PhaseReturned:
		return []Step{{referred, Done}, {"Sent back", Now}}
	case referral.PhaseNotAccepted:
		return []Step{{referred, Done}, {"Not accepted", Now}}
	case referral.PhaseCancelled:
		return []Step{{referred, Done}, {"Cancelled", Now}}
	case referral.PhaseEnded:
		return []Step{{referred, Done}, {"Ended", Now}}
	case referral.PhaseUnknown:
	}
	return []Step{{referred, Done}, {"In progress", Now}}
}
