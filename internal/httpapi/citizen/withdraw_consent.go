package citizen

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

// withdrawConsent is DELETE /v1/consents/{id}. It takes effect with the next
// request; withdrawing twice is harmless.
func (a *API) withdrawConsent(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	caller := r.Caller()
	if _, err := a.d.Consents.Withdraw(ctx, caller.Citizen.Ref, r.Param("id"), caller.Client, r.CorrelationID()); err != nil {
		return nil, err
	}
	return httpapi.Own(http.StatusNoContent, "", nil), nil
}
