package patientcare

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	operationReferrals = "ers A001"
	operationService   = "ers A002"
	operationCheck     = "ers check"

	// targetIdentifier is the value of NHSD-Target-Identifier before base64.
	targetIdentifier = `{"system":"urn:ietf:rfc:3986","value":"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3"}`
)

// client makes the two requests of the API. The status of an answer is judged
// before its body.
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
	v, err := fhir.ReadResource(body, kindService)
	if err != nil {
		return healthcareService{}, unreadable("service", err)
	}
	return readHealthcareService(v), nil
}

func (c *client) get(ctx context.Context, operation, path string, token keys.Secret, correlationID string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		// The error of net/http would repeat the URL.
		return nil, errors.New("the e-RS address is not a URL")
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
