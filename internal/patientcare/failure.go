package patientcare

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// errTokenRefused says that e-RS does not accept the access token (any more).
var errTokenRefused = errors.New("e-RS refused the access token")

// noAnswer is the failure of a request that brought no answer.
func noAnswer(ctx context.Context, err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, upstream.ErrTooLarge):
		return unreadable("answer", fhir.ErrTooLarge)
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &aggregate.Failure{Issue: referral.IssueTimeout, Kind: aggregate.TooSlow, Cause: err}
	}
	return &aggregate.Failure{Issue: referral.IssueTransient, Cause: err}
}

// unreadable is the failure of an answer that came and cannot be used. Only
// errors of internal/fhir may be passed to it: they do not quote the answer.
func unreadable(what string, err error) error {
	f := &aggregate.Failure{
		Issue: referral.IssueStructure, Cause: fmt.Errorf("read %s: %w", what, err),
	}
	if errors.Is(err, fhir.ErrForeignSubject) {
		f.Issue, f.Kind, f.NotStale = referral.IssueBusinessRule, aggregate.Doubtful, true
	}
	return f
}

// refused is the failure of an answer with another status than 200. It reads the
// status, then the kind of issue where the body names one. The gateway's own
// answers are not always FHIR.
func refused(a upstream.Answer) error {
	f := &aggregate.Failure{
		Issue: referral.IssueTransient,
		Cause: fmt.Errorf("e-RS answered status %d%s", a.Status, requestID(a.Header)),
	}
	switch {
	case a.Status == http.StatusUnauthorized && issueCode(a.Body) == "login":
		// The vector of trust is refused: only a new sign-in can help.
		return fmt.Errorf("%w: %w", aggregate.ErrReauthenticate, f.Cause)
	case a.Status == http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", errTokenRefused, f.Cause)
	case a.Status == http.StatusForbidden:
		f.Issue, f.NotStale = referral.IssueBusinessRule, true
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable:
		f.Kind, f.RetryAfter = aggregate.Busy, upstream.RetryAfter(a.Header)
	case a.Status == http.StatusGatewayTimeout:
		f.Issue, f.Kind = referral.IssueTimeout, aggregate.TooSlow
	case a.Status >= http.StatusInternalServerError:
	default:
		f.Issue = referral.IssueException
	}
	return f
}

func issueCode(body []byte) string {
	v, err := fhir.ReadResource(body, kindOutcome)
	if err != nil {
		return ""
	}
	if o := fhir.ReadOutcome(v); len(o.Issues) > 0 {
		return o.Issues[0].Code
	}
	return ""
}

// requestID is e-RS's id of the request, which its support asks for.
func requestID(h http.Header) string {
	id := h.Get("X-Request-ID")
	if !fhir.IsID(id) {
		return ""
	}
	return " (X-Request-ID " + id + ")"
}
