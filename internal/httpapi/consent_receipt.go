package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// Receipts is what receipts of consents need; all are required.
type Receipts struct {
	Make func(ctx context.Context, ref citizen.Ref, id, clientName string, by consent.Controller) (consent.Receipt, error)
	// Signer signs with a key that the JWKS publishes.
	Signer consent.Signer
	// Controller is who answers for the service.
	Controller consent.Controller
}

const (
	jwtType  = "application/jwt"
	fhirType = "application/fhir+json"
)

// consentReceipt is GET /v1/consents/{id}/receipt: what a citizen can keep of a
// consent. It is a JWT that anybody can check with this service's published keys;
// with ?format=fhir it is a FHIR R4 Consent, unsigned. A consent that has ended
// keeps its receipt.
func (s *server) consentReceipt(c *gin.Context) error {
	var (
		body []byte
		kind string
		err  error
	)
	switch c.DefaultQuery("format", "jwt") {
	case "jwt":
		kind = jwtType
		body, err = s.signedReceipt(c)
	case "fhir":
		kind = fhirType
		body, err = s.fhirConsent(c)
	default:
		return problem.New(problem.BadRequest, nil).WithDetail("format must be jwt or fhir.")
	}
	if err != nil {
		return err
	}
	dataHeaders(c.Writer.Header())
	c.Header("Content-Disposition", `attachment; filename="consent-receipt"`)
	c.Data(http.StatusOK, kind, body)
	return nil
}

func (s *server) signedReceipt(c *gin.Context) ([]byte, error) {
	ctx := c.Request.Context()
	found, err := s.ownConsent(c)
	if err != nil {
		return nil, err
	}
	receipt, err := s.d.Receipts.Make(ctx, mustCaller(c).Citizen.Ref, found.ID, s.appName(found.Client), s.d.Receipts.Controller)
	if err != nil {
		return nil, problem.New(problem.ServiceUnavailable, err)
	}
	signed, err := receipt.Sign(ctx, s.d.Receipts.Signer)
	if err != nil {
		return nil, fmt.Errorf("make receipt: %w", err)
	}
	return []byte(signed), nil
}

func (s *server) fhirConsent(c *gin.Context) ([]byte, error) {
	found, err := s.ownConsent(c)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(consent.FHIR(mustCaller(c).Citizen.Ref, found, s.d.Receipts.Controller))
	if err != nil {
		return nil, fmt.Errorf("encode FHIR consent: %w", err)
	}
	return body, nil
}

// ownConsent finds the consent that the path names among the caller's own; an app
// has only those that it was given itself.
func (s *server) ownConsent(c *gin.Context) (consent.Consent, error) {
	caller := mustCaller(c)
	list, err := s.d.Consents.List(c.Request.Context(), caller.Citizen.Ref)
	if err != nil {
		return consent.Consent{}, problem.New(problem.ServiceUnavailable, err)
	}
	i := slices.IndexFunc(list, func(k consent.Consent) bool {
		return k.ID == c.Param("id") && (caller.Client == client.Web || caller.Client == k.Client)
	})
	if i < 0 {
		return consent.Consent{}, problem.New(problem.NotFound, nil)
	}
	return list[i], nil
}
