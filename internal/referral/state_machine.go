package referral

import "slices"

// The codes of eRS-ReferralState, and two codes of ours.
const (
	StateNotBooked            = "NOT_BOOKED"
	StateBooked               = "BOOKED"
	StateAwaitingTriage       = "AWAITING_TRIAGE"
	StateDeferToProvider      = "DEFER_TO_PROVIDER"
	StateReviewed             = "ARBL"
	StateCancelledToRearrange = "CARL"
	StateBeingArranged        = "CARBL_OR_ARL"
	StateSentBack             = "TRIAGE_RESPONSE"
	StateRejected             = "REJECTED"
	StateCancelledByPatient   = "APPOINTMENT_CANCELLED_BY_PATIENT"
	StateCancelledByProvider  = "APPOINTMENT_CANCELLED_BY_PROVIDER"
	StateUnknown              = "UNKNOWN"
	// StateEnded is ours too: a referral that is over by its own status, whatever its
	// state says.
	StateEnded = "ENDED"
)

// Phase is the place on the simple progress line: referred, with a service,
// booked, date passed; the other ends are returned, not accepted, cancelled.
type Phase string

// The phases.
const (
	PhaseReferred    Phase = "referred"
	PhaseWithService Phase = "with_service"
	PhaseBooked      Phase = "booked"
	PhasePassed      Phase = "passed"
	PhaseReturned    Phase = "returned"
	PhaseNotAccepted Phase = "not_accepted"
	PhaseCancelled   Phase = "cancelled"
	PhaseEnded       Phase = "ended"
	PhaseUnknown     Phase = "unknown"
)

// Actor is who acts next.
type Actor string

// The actors. You is the citizen.
const (
	You          Actor = "you"
	ByHospital   Actor = "hospital"
	ByReferrer   Actor = "referrer"
	Nobody       Actor = "nobody"
	UnknownActor Actor = "unknown"
)

// Expectation says what an appointment means next to a state.
type Expectation int

// What an appointment can mean.
const (
	AppointmentFits      Expectation = iota // it is the citizen's appointment
	AppointmentCancelled                    // it is the one that was cancelled: never shown as booked
	AppointmentStrange                      // it contradicts the state: shown, and the citizen is asked to check
)

// Rules are what is fixed about one state.
type Rules struct {
	Phase       Phase
	WhoActs     Actor
	Appointment Expectation
	// next are the states that e-RS can move to in one step. Staying is always possible.
	next []string
}

// States lists the eleven published codes.
func States() []string {
	return []string{
		StateNotBooked, StateBooked, StateAwaitingTriage, StateDeferToProvider, StateReviewed,
		StateCancelledToRearrange, StateBeingArranged, StateSentBack, StateRejected,
		StateCancelledByPatient, StateCancelledByProvider,
	}
}

// RulesOf is the state machine. It returns the rules of a state, and whether the
// code is one of the eleven, or ENDED. Every other code has the rules of UNKNOWN.
func RulesOf(code string) (Rules, bool) {
	// Where a referral can go from any place that lets somebody book or send it on.
	onward := []string{StateBooked, StateAwaitingTriage, StateDeferToProvider, StateNotBooked}
	// What a provider's reviewers or administrators can make of a referral.
	decided := []string{
		StateNotBooked, StateBooked, StateDeferToProvider, StateAwaitingTriage, StateReviewed,
		StateBeingArranged, StateSentBack, StateRejected,
	}
	switch code {
	case StateNotBooked:
		return Rules{PhaseReferred, You, AppointmentStrange, onward}, true
	case StateBooked:
		return Rules{PhaseBooked, Nobody, AppointmentFits, slices.Concat(decided, []string{
			StateCancelledToRearrange, StateCancelledByPatient, StateCancelledByProvider,
		})}, true
	case StateAwaitingTriage:
		return Rules{PhaseWithService, ByHospital, AppointmentStrange, decided}, true
	case StateDeferToProvider:
		return Rules{PhaseWithService, ByHospital, AppointmentStrange, decided}, true
	case StateReviewed:
		return Rules{PhaseWithService, ByHospital, AppointmentStrange, decided}, true
	case StateCancelledToRearrange:
		return Rules{PhaseCancelled, ByHospital, AppointmentCancelled, decided}, true
	case StateBeingArranged:
		return Rules{PhaseWithService, ByHospital, AppointmentStrange, slices.Concat(decided, []string{
			StateCancelledToRearrange,
		})}, true
	case StateSentBack:
		return Rules{PhaseReturned, You, AppointmentStrange, slices.Concat(onward, []string{StateRejected})}, true
	case StateRejected:
		return Rules{PhaseNotAccepted, You, AppointmentStrange, onward}, true
	case StateCancelledByPatient:
		return Rules{PhaseCancelled, You, AppointmentCancelled, onward}, true
	case StateCancelledByProvider:
		return Rules{PhaseCancelled, You, AppointmentCancelled, slices.Concat(onward, []string{
			StateCancelledToRearrange, StateBeingArranged,
		})}, true
	case StateEnded:
		return Rules{PhaseEnded, You, AppointmentCancelled, nil}, true
	default:
		return Rules{PhaseUnknown, UnknownActor, AppointmentFits, nil}, false
	}
}

// TransitionPossible reports whether a referral last seen in from can be in to one step
// later. A state that stays is possible; about an unknown code nothing can
// be said, so it is possible too. Between two observations several steps may
// have happened, so false is a reason to count and look, never to hide.
func TransitionPossible(from, to string) bool {
	rule, fromKnown := RulesOf(from)
	_, toKnown := RulesOf(to)
	if from == to || !fromKnown || !toKnown || to == StateEnded {
		return true
	}
	return slices.Contains(rule.next, to)
}
