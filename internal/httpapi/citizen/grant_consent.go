package citizen

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// grantConsent is POST /v1/consents. Its body is the consentRequest of a refusal.
// Only the citizen grants, in a first-party session: an app's token is not one.
func (a *API) grantConsent(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	caller := r.Caller()
	if caller.Via != session.ViaCookie {
		return nil, problem.New(problem.InsufficientScope, nil)
	}
	var in httpapi.ConsentRequest
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	key := r.Header("Idempotency-Key")
	const longestKey = 128
	if len(key) > longestKey {
		return nil, problem.New(problem.BadRequest, nil).WithDetail("Idempotency-Key is longer than 128 characters.")
	}
	if strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) { // others have no one meaning in a header
		return nil, problem.New(problem.BadRequest, nil).WithDetail("Idempotency-Key has characters other than the printable ones of ASCII.")
	}
	granted, created, err := a.d.Consents.Grant(ctx, consent.Grant{
		Citizen: caller.Citizen.Ref, Client: client.ID(in.ClientID), Scopes: slices.Clone(in.Scopes), NoticeVersion: in.NoticeVersion,
		Channel: "web", CorrelationID: r.CorrelationID(), IdempotencyKey: key,
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return httpapi.OwnJSON(status, a.consentView(granted)).With("Location", "/v1/consents/"+granted.ID), nil
}
