package referral

import "time"

// ChangeKind is what kind of thing changed between two reads.
type ChangeKind string

// The kinds of change.
const (
	ChangeNew         ChangeKind = "new_referral"          // it is in the list, and was not at the read before
	ChangeState       ChangeKind = "state_changed"         // it is at another stage
	ChangeAppointment ChangeKind = "appointment_changed"   // its appointment has another start
	ChangeCancelled   ChangeKind = "appointment_cancelled" // its appointment was cancelled, by whomever
	ChangeReview      ChangeKind = "review_changed"        // the provider means to act by another day
	ChangeGone        ChangeKind = "gone"                  // it is no longer in the list
)

// Change is one thing that changed, as it was seen.
type Change struct {
	ID         string // stable and opaque
	ReferralID string
	Kind       ChangeKind
	// At is when it was seen: it happened between the read before and then.
	At       time.Time
	From, To Stage      // empty when there is none: From of a new referral, To of one that is gone
	Start    *time.Time // of the appointment after the change; nil: none is known
	DueBy    Date       // of the review after the change; zero: none is known
}
