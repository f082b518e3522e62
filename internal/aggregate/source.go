package aggregate

import (
	"context"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Access is on whose behalf, and with what, a source is asked.
type Access struct {
	Citizen        citizen.Citizen
	IDToken        keys.Secret // of NHS login, the proof that the citizen is present
	IDTokenID      string
	IDTokenExpires time.Time
	CorrelationID  string // UUID, passed on upstream
}

// Source is one system that knows something of a citizen's care.
type Source interface {
	// ID names the source in answers, such as "ers-01".
	ID() string
	// Name is the source as citizens know it.
	Name() string
	// Read gives all that the source has of the citizen. An answer that holds
	// another person's data is an error and no reading. Errors are [Failure]s,
	// or ErrReauthenticate.
	Read(ctx context.Context, a Access) (Reading, error)
}

// Reading is a complete reading of one source. It is shared by all who get it
// from the cache: nobody changes it, nor anything that it refers to.
type Reading struct {
	Facts   []referral.Facts
	Notices []Notice // what could not be read; never dropped in silence
	// Partial tells that something is missing that the source should have given.
	Partial bool
	// PartialIssue says what sort of fault made it partial; empty when not Partial.
	PartialIssue Issue
}

// Notice counts things that could not be shown.
type Notice struct {
	Code  NoticeCode
	Count int
}

// NoticeCode says what sort of thing could not be shown.
type NoticeCode string

// The notices.
const (
	UnreadableItem        NoticeCode = "unreadable_item"        // a referral, or what may be one, that could not be read
	UnreadableAppointment NoticeCode = "unreadable_appointment" // an appointment whose time or standing could not be read
	UnreadableReview      NoticeCode = "unreadable_review"      // a review that could not be read
	UnreadablePart        NoticeCode = "unreadable_part"        // a part of what is shown could not be read
	Orphan                NoticeCode = "orphan"                 // an appointment or task without its referral
	MissingItem           NoticeCode = "missing_item"           // the source counted more referrals than it sent
	ServiceNotFound       NoticeCode = "service_not_found"      // a referral's service could not be looked up
)

// Issue is the NHS's sort of source failure (consumer API NFR-08).
type Issue string

// The issues.
const (
	Timeout      Issue = "timeout"
	Structure    Issue = "structure" // failed validation
	Transient    Issue = "transient" // an HTTP error
	Exception    Issue = "exception"
	BusinessRule Issue = "business-rule"
)

// Errors of the sources and of the Aggregator.
var (
	// ErrReauthenticate says that only the citizen can help: NHS login's ID token
	// has ended or is not accepted (any more). Send them to sign in again.
	ErrReauthenticate = errors.New("the citizen must sign in again")
	// ErrNoSource says that an Aggregator was to be made without a source: its
	// empty answer would look like "the NHS has nothing for you". Configure one.
	ErrNoSource = errors.New("no source of referrals is configured")
)

// Kind is what a failure means for the request when no source gave anything. A
// new kind needs its row in internal/httpapi/errors.go.
type Kind int

// The kinds.
const (
	Unavailable         Kind = iota // no answer that can be used
	TooSlow                         // no answer in time
	Busy                            // the source asks to be left in peace for now
	IdentityLevelTooLow             // the source wants the citizen's identity proved more strongly
)

// Failure is why a source gave no reading.
type Failure struct {
	Issue Issue
	Kind  Kind
	// NotStale forbids that an older reading stands in: the source refused, so
	// what it said before may not be shown either.
	NotStale bool
	Cause    error
}

// Error returns the issue and the cause, for logs.
func (f *Failure) Error() string { return string(f.Issue) + ": " + f.Cause.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// MayServeStale reports whether an older reading may stand in after this error.
func MayServeStale(err error) bool {
	var f *Failure
	return errors.As(err, &f) && !f.NotStale
}

// failureOf reads any error as a Failure: a deadline as a time-out, what is
// unknown as an exception.
func failureOf(err error) *Failure {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Issue: Timeout, Kind: TooSlow, Cause: err}
	case errors.Is(err, ErrReauthenticate):
		return &Failure{Issue: BusinessRule, NotStale: true, Cause: err}
	}
	return &Failure{Issue: Exception, Cause: err}
}
