package patientcare

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	operationReferrals = "ers A001"
	operationService   = "ers A002"

	// targetIdentifier is the value of NHSD-Target-Identifier before base64.
	targetIdentifier = `{"system":"urn:ietf:rfc:3986","value":"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3"}`
)

// errTokenRefused says that e-RS does not accept the access token (any more).
var errTokenRefused = errors.New("e-RS refused the access token")

// client makes the two requests of the API and judges their answers by status first.
type client struct {
	http *upstream.Client
	base string
}

// referrals is A001: all active referrals of one citizen with their latest
// appointment or task.
func (c *client) referrals(ctx context.Context, token keys.Secret, n citizen.NHSNumber, correlationID string) ([]byte, error) {
	query := url.Values{
		"patient:identifier": {systemNHSNumber + "|" + n.Reveal()},
		"category":           {"http://snomed.info/sct|3457005"},
		"_revinclude":        {"Appointment:based-on", "Task:focus"},
	}
	return c.get(ctx, operationReferrals, "/FHIR/R4/ServiceRequest?"+query.Encode(), token, correlationID)
}

// service is A002: one service of the directory.
func (c *client) service(ctx context.Context, token keys.Secret, id, correlationID string) (healthcareService, error) {
	body, err := c.get(ctx, operationService, "/FHIR/R4/HealthcareService/"+url.PathEscape(id), token, correlationID)
	if err != nil {
		return healthcareService{}, err
	}
	var s healthcareService
	if _, ok := read(body, &s); !ok || s.ResourceType != "HealthcareService" {
		return healthcareService{}, unusable("service is not a HealthcareService", shapeOf(body))
	}
	return s, nil
}

func (c *client) get(ctx context.Context, operation, path string, token keys.Secret, correlationID string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		// The error of net/http would repeat the URL.
		return nil, errors.New("e-RS address is no URL")
	}
	r.Header.Set("Authorization", "Bearer "+token.Reveal())
	r.Header.Set("Accept", "application/fhir+json")
	r.Header.Set("NHSD-Target-Identifier", base64.StdEncoding.EncodeToString([]byte(targetIdentifier)))
	r.Header.Set("X-Correlation-ID", correlationID)
	answer, err := c.http.Do(operation, r)
	if err != nil {
		return nil, noAnswer(ctx, err)
	}
	if answer.Status != http.StatusOK {
		return nil, refused(answer)
	}
	return answer.Body, nil
}

func noAnswer(ctx context.Context, err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, upstream.ErrTooLarge):
		return unusable("answer is too large", err)
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &aggregate.Failure{Issue: aggregate.Timeout, Problem: problem.UpstreamTimeout, Cause: err}
	}
	return &aggregate.Failure{Issue: aggregate.Transient, Problem: problem.UpstreamUnavailable, Cause: err}
}

func unusable(why string, err error) error {
	if err != nil {
		why += ": " + reason(err)
	}
	return &aggregate.Failure{Issue: aggregate.Structure, Problem: problem.UpstreamUnavailable, Cause: errors.New(why)}
}

// reason names the sort of a decoding error; its own text could quote the data.
func reason(err error) string {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return "malformed JSON"
	case errors.As(err, &typed):
		return "JSON of another shape"
	case errors.Is(err, upstream.ErrTooLarge):
		return "more bytes than are read"
	}
	return "not readable"
}

// refused reads the status, then the sort of issue where the body names one. The
// gateway's own answers are not always FHIR.
func refused(a upstream.Answer) error {
	f := &aggregate.Failure{
		Issue: aggregate.Transient, Problem: problem.UpstreamUnavailable,
		Cause: fmt.Errorf("e-RS answered status %d%s", a.Status, requestID(a.Header)),
	}
	switch {
	case a.Status == http.StatusUnauthorized && issueCode(a.Body) == "login":
		// The vector of trust is refused: only a new sign-in can help.
		return fmt.Errorf("%w: %w", aggregate.ErrReauthenticate, f.Cause)
	case a.Status == http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", errTokenRefused, f.Cause)
	case a.Status == http.StatusForbidden:
		f.Issue, f.NotStale = aggregate.BusinessRule, true
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable:
		f.Problem = problem.ServiceUnavailable
	case a.Status == http.StatusGatewayTimeout:
		f.Issue, f.Problem = aggregate.Timeout, problem.UpstreamTimeout
	case a.Status >= http.StatusInternalServerError:
	default:
		f.Issue = aggregate.Exception
	}
	return f
}

func issueCode(body []byte) string {
	var o outcome
	if _, ok := read(body, &o); !ok || o.ResourceType != "OperationOutcome" || len(o.Issue) == 0 {
		return ""
	}
	return o.Issue[0].Code
}

// requestID is e-RS's id of the request, which its support asks for.
func requestID(h http.Header) string {
	id := h.Get("X-Request-ID")
	if !isID(id) {
		return ""
	}
	return " (X-Request-ID " + id + ")"
}

// isID tells whether a text can be a FHIR id (R4, 2.24.0.1): what is none is put
// into no URL and no log.
func isID(s string) bool {
	const longest = 64
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return s != "" && s != "." && s != ".." && len(s) <= longest
}
