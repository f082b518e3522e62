package citizen

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	jwtType  = "application/jwt"
	fhirType = "application/fhir+json"
)

// consentReceipt is GET /v1/consents/{id}/receipt: what a citizen can keep of a
// consent. It is a JWT that anybody can check with this service's published keys;
// with ?format=fhir it is a FHIR R4 Consent, unsigned. A consent that has ended
// keeps its receipt.
func (a *API) consentReceipt(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	form, kind := a.signedReceipt, jwtType
	switch r.Query("format") {
	case "", "jwt":
	case "fhir":
		form, kind = a.fhirConsent, fhirType
	default:
		return nil, problem.New(problem.BadRequest, nil).WithDetail("format must be jwt or fhir.")
	}
	found, err := a.ownConsent(ctx, r)
	if err != nil {
		return nil, err
	}
	body, err := form(ctx, r, found)
	if err != nil {
		return nil, err
	}
	return httpapi.Own(http.StatusOK, kind, body).With("Content-Disposition", `attachment; filename="consent-receipt"`), nil
}

func (a *API) signedReceipt(ctx context.Context, r *httpapi.Request, c consent.Consent) ([]byte, error) {
	receipt, err := a.d.Consents.Receipt(ctx, r.Caller().Citizen, c.ID, a.words(wording.English).app(c.Client, wording.English), a.d.Controller)
	if err != nil {
		return nil, release.Unavailable(err)
	}
	signed, err := receipt.Sign(ctx, a.d.Signer)
	if err != nil {
		return nil, fmt.Errorf("make receipt: %w", err)
	}
	return []byte(signed), nil
}

func (a *API) fhirConsent(_ context.Context, r *httpapi.Request, c consent.Consent) ([]byte, error) {
	body, err := json.Marshal(consent.FHIR(r.Caller().Citizen, c, a.d.Controller))
	if err != nil {
		return nil, fmt.Errorf("encode FHIR consent: %w", err)
	}
	return body, nil
}

// ownConsent finds the consent that the path names among the caller's own; an app
// has only those of its own consents.
func (a *API) ownConsent(ctx context.Context, r *httpapi.Request) (consent.Consent, error) {
	caller := r.Caller()
	list, err := a.d.Consents.List(ctx, caller.Citizen.Ref)
	if err != nil {
		return consent.Consent{}, release.Unavailable(err)
	}
	i := slices.IndexFunc(list, func(k consent.Consent) bool {
		return k.ID == r.Param("id") && (caller.Client == client.Web || caller.Client == k.Client)
	})
	if i < 0 {
		return consent.Consent{}, problem.New(problem.NotFound, nil)
	}
	return list[i], nil
}
