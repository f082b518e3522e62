package aggregate

import (
	"context"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Access says for whom a source is asked, and with which credentials.
type Access struct {
	Citizen        citizen.Citizen
	IDToken        keys.Secret // of NHS login, the proof that the citizen is present
	IDTokenID      string
	IDTokenExpires time.Time
	CorrelationID  string // UUID, passed on upstream
	// Again reports whether an older reading is at hand, so that somebody who has none
	// goes first where the source's quota is short.
	Again bool
}

// Source is one system that has data about a citizen's care.
type Source interface {
	// ID names the source in answers, such as "ers-01".
	ID() string
	// Name is the source as citizens know it.
	Name() string
	// Read returns all that the source has of the citizen. An answer that holds
	// another person's data is an error, not a reading. Errors are [Failure]s,
	// or ErrReauthenticate.
	Read(ctx context.Context, a Access) (Reading, error)
}

// Reading is a complete reading of one source. All callers that get it from the
// cache share it: they MUST NOT change it, nor anything that it refers to.
type Reading struct {
	Facts []referral.Facts
	// Orphans are appointments and reviews whose referral the source did not send: no
	// more is known than their ID, Source, Service and Appointment or Review. Each is
	// in a notice too.
	Orphans []referral.Facts
	Notices []referral.Notice // what could not be read; it is never dropped silently
	// Partial reports whether something is missing that the source should have given.
	Partial bool
	// PartialIssue is the kind of fault that made it partial; empty when not Partial.
	PartialIssue referral.Issue
}

// Errors of the sources and of the Aggregator.
var (
	// ErrReauthenticate says that the citizen has to sign in again, because NHS
	// login's ID token has expired or is not accepted. Send them to sign in.
	ErrReauthenticate = errors.New("the citizen must sign in again")
	// ErrNoSource says that New was called without a source: an empty answer would
	// look like "the NHS has nothing for you". Configure a source.
	ErrNoSource = errors.New("no source of referrals is configured")
)

// Kind is what a failure means for the request when no source gave anything. A
// new kind needs its row in internal/httpapi/errors.go.
type Kind int

// The kinds.
const (
	Unavailable         Kind = iota // no answer that can be used
	TooSlow                         // no answer in time
	Busy                            // the source asks to wait before the next request
	IdentityLevelTooLow             // the source requires a stronger proof of the citizen's identity
	Doubtful                        // an answer that may be about another person
)

// Failure is why a source returned no reading.
type Failure struct {
	Issue referral.Issue
	Kind  Kind
	// NotStale forbids using an older reading instead: the source refused, so its
	// earlier answer may not be shown either.
	NotStale bool
	// RetryAfter is how long the source asks to wait; 0: it did not say.
	RetryAfter time.Duration
	Cause      error
}

// Error returns the issue and the cause, for logs.
func (f *Failure) Error() string { return string(f.Issue) + ": " + f.Cause.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// MayServeStale reports whether an older reading may be used after this error.
func MayServeStale(err error) bool {
	var f *Failure
	return errors.As(err, &f) && !f.NotStale
}

// refused reports whether a source refused, so that what it said before is not
// shown from now on: neither while it is still fresh nor at a later failure.
func refused(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.NotStale
}

// failureOf turns any error into a Failure: a deadline into a time-out, an unknown
// error into an exception.
func failureOf(err error) *Failure {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Issue: referral.IssueTimeout, Kind: TooSlow, Cause: err}
	case errors.Is(err, ErrReauthenticate):
		return &Failure{Issue: referral.IssueBusinessRule, NotStale: true, Cause: err}
	}
	return &Failure{Issue: referral.IssueException, Cause: err}
}
