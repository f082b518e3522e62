package httpapi

import (
	"context"
	"errors"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// ConsentRequest is what a consent_required problem carries and what POST
// /v1/consents takes, unchanged.
type ConsentRequest struct {
	ClientID      string          `json:"clientId"`
	Scopes        []consent.Scope `json:"scopes"`
	NoticeVersion string          `json:"noticeVersion"`
}

// Reason is the code that the log keeps for an error: that of its problem.
func Reason(err error) string { return string(problemOf(err).Code()) }

// problemOf is where an error is judged, once. A problem says itself what it is.
// Sentinels and kinds of the packages below are put into problems here and nowhere
// else. An error that is not meant for a client is internal, unless time ended the request.
func problemOf(err error) *problem.Error {
	var (
		known    *problem.Error
		refused  *release.ConsentRequired
		outdated *consent.NoticeOutdated
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return problem.New(problem.ConsentRequired, err).
			With("consentRequest", ConsentRequest{string(refused.Client), refused.Missing, refused.Notice})
	case errors.As(err, &outdated):
		return problem.New(problem.NoticeOutdated, err).With("noticeVersion", outdated.InForce)
	}
	for _, row := range table() {
		if errors.Is(err, row.is) {
			return problem.New(row.code, err).WithDetail(row.detail)
		}
	}
	var failure *aggregate.Failure
	if errors.As(err, &failure) {
		p := problem.New(codeOf(failure.Kind), err).WithRetryAfter(failure.RetryAfter)
		if failure.Kind == aggregate.Doubtful {
			return p.WithWords(wording.DetailNotSurelyYours)
		}
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) { // a source's own is a failure of that source
		return problem.New(problem.ServiceUnavailable, err)
	}
	return problem.From(err)
}

// codeOf is the problem's code when no source returned anything.
func codeOf(k aggregate.Kind) problem.Code {
	switch k {
	case aggregate.TooSlow:
		return problem.UpstreamTimeout
	case aggregate.Busy:
		return problem.ServiceUnavailable
	case aggregate.IdentityLevelTooLow:
		return problem.IdentityLevelTooLow
	case aggregate.Unavailable, aggregate.Doubtful:
	}
	return problem.UpstreamUnavailable
}

type row struct {
	is     error
	code   problem.Code
	detail string // what happened, for the maker of an app; empty: the code's own words
}

// table is read from above: what says more comes first.
func table() []row {
	return []row{
		{release.ErrNotLogged, problem.AuditUnavailable, ""},
		{consent.ErrNotRecorded, problem.AuditUnavailable, ""},
		{release.ErrHoldsNumber, problem.UpstreamUnavailable, ""},
		{release.ErrUnavailable, problem.ServiceUnavailable, ""},
		{release.ErrSessionEnded, problem.SessionExpired, ""},
		{release.ErrMayBeMissing, problem.UnknownWhileIncomplete, ""},
		{release.ErrNotFound, problem.NotFound, ""},

		{aggregate.ErrReauthenticate, problem.ReauthenticationRequired, ""},

		{session.ErrNone, problem.SessionExpired, ""},
		{citizen.ErrNoSubject, problem.SessionExpired, ""},

		{consent.ErrNoConsent, problem.NotFound, ""},
		{consent.ErrUnknownClient, problem.BadRequest, "No app with this client id is registered here."},
		{consent.ErrNoScope, problem.BadRequest, "scopes must name at least one thing to allow."},
		{consent.ErrUnknownScope, problem.BadRequest, "scopes names something that nobody can allow."},
		{consent.ErrTooManyActs, problem.RateLimited, "This citizen agreed and withdrew too often within an hour. Withdrawing is still possible."},
		{consent.ErrIdempotencyMismatch, problem.Conflict, "This Idempotency-Key was used for another consent."},
		{consent.ErrConflict, problem.Conflict, ""},
	}
}

// NotLogged says that an entry that must be in the log before the answer could not
// be written, so that the answer is audit_unavailable.
func NotLogged(err error) error { return problem.New(problem.AuditUnavailable, err) }

// hasLeft reports whether the request ended because the client went away. It is
// the one place that distinguishes a client that left from a service that
// failed: the former is not an error of this service and raises no alarm.
func hasLeft(ctx context.Context, err error) bool {
	return errors.Is(context.Cause(ctx), context.Canceled) && errors.Is(err, context.Canceled)
}
