package timeline

import "slices"

// The codes of eRS-ReferralState, and the one code of ours for all others.
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
)

// Phase is the place on the simple progress line: referred, with a service,
// booked, date passed; the side roads are returned, not accepted, cancelled.
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

// expectation says what an appointment means beside a state.
type expectation int

const (
	appointmentFits      expectation = iota // it is the citizen's appointment
	appointmentCancelled                    // it is the one that was cancelled: never shown as booked
	appointmentStrange                      // it contradicts the state: shown, and the citizen is told to check
)

// rules are what is fixed about one state.
type rules struct {
	phase       Phase
	who         Actor
	appointment expectation
	// next are the states that e-RS can move to in one step. Staying is always possible.
	next []string
}

// states lists the eleven published codes.
func states() []string {
	return []string{
		StateNotBooked, StateBooked, StateAwaitingTriage, StateDeferToProvider, StateReviewed,
		StateCancelledToRearrange, StateBeingArranged, StateSentBack, StateRejected,
		StateCancelledByPatient, StateCancelledByProvider,
	}
}

// machine is the state machine: the rules of a state, and whether the code is
// one of the eleven. Every other code has the rules of UNKNOWN.
func machine(code string) (rules, bool) {
	// Where a referral can go from any place that lets somebody book or send it on.
	onward := []string{StateBooked, StateAwaitingTriage, StateDeferToProvider, StateNotBooked}
	// What a provider's reviewers or administrators can make of a referral.
	decided := []string{
		StateNotBooked, StateBooked, StateDeferToProvider, StateAwaitingTriage, StateReviewed,
		StateBeingArranged, StateSentBack, StateRejected,
	}
	switch code {
	case StateNotBooked:
		return rules{PhaseReferred, You, appointmentStrange, onward}, true
	case StateBooked:
		return rules{PhaseBooked, Nobody, appointmentFits, slices.Concat(decided, []string{
			StateCancelledToRearrange, StateCancelledByPatient, StateCancelledByProvider,
		})}, true
	case StateAwaitingTriage:
		return rules{PhaseWithService, ByHospital, appointmentStrange, decided}, true
	case StateDeferToProvider:
		return rules{PhaseWithService, ByHospital, appointmentStrange, decided}, true
	case StateReviewed:
		return rules{PhaseWithService, ByHospital, appointmentStrange, decided}, true
	case StateCancelledToRearrange:
		return rules{PhaseCancelled, ByHospital, appointmentCancelled, decided}, true
	case StateBeingArranged:
		return rules{PhaseWithService, ByHospital, appointmentStrange, slices.Concat(decided, []string{
			StateCancelledToRearrange,
		})}, true
	case StateSentBack:
		return rules{PhaseReturned, You, appointmentStrange, slices.Concat(onward, []string{StateRejected})}, true
	case StateRejected:
		return rules{PhaseNotAccepted, You, appointmentStrange, onward}, true
	case StateCancelledByPatient:
		return rules{PhaseCancelled, You, appointmentCancelled, onward}, true
	case StateCancelledByProvider:
		return rules{PhaseCancelled, You, appointmentCancelled, slices.Concat(onward, []string{
			StateCancelledToRearrange, StateBeingArranged,
		})}, true
	default:
		return rules{PhaseUnknown, UnknownActor, appointmentFits, nil}, false
	}
}

// Possible tells whether a referral last seen in from can be in to one step
// later. A state that stays is possible; about a code that nobody knows nothing
// can be said, so it is possible too. Between two observations several steps may
// have happened, so false is a reason to count and look, never to hide.
func Possible(from, to string) bool {
	rule, fromKnown := machine(from)
	_, toKnown := machine(to)
	if from == to || !fromKnown || !toKnown {
		return true
	}
	return slices.Contains(rule.next, to)
}
