package citizen

import (
	"context"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

type consentView struct {
	ID            string          `json:"id"`
	ClientID      client.ID       `json:"clientId"`
	ClientName    *string         `json:"clientName"` // null: the client is no longer known
	Scopes        []consent.Scope `json:"scopes"`
	NoticeVersion string          `json:"noticeVersion"`
	Status        consent.Status  `json:"status"`
	GrantedAt     time.Time       `json:"grantedAt"`
	ExpiresAt     time.Time       `json:"expiresAt"`
	WithdrawnAt   *time.Time      `json:"withdrawnAt"`
}

type consentsView struct {
	Consents []consentView `json:"consents"`
}

// listConsents is GET /v1/consents.
func (a *API) listConsents(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	list, err := a.d.Consents.List(ctx, r.Caller().Citizen.Ref)
	if err != nil {
		return nil, release.Unavailable(err)
	}
	views := make([]consentView, len(list))
	for i, item := range list {
		views[i] = a.consentView(item)
	}
	return httpapi.OwnJSON(http.StatusOK, consentsView{views}), nil
}

func (a *API) consentView(c consent.Consent) consentView {
	v := consentView{
		ID: c.ID, ClientID: c.Client, Scopes: c.Scopes, NoticeVersion: c.Notice, Status: c.Status,
		GrantedAt: httpapi.InSeconds(c.GrantedAt), ExpiresAt: httpapi.InSeconds(c.ExpiresAt),
	}
	if c.WithdrawnAt != nil {
		at := httpapi.InSeconds(*c.WithdrawnAt)
		v.WithdrawnAt = &at
	}
	if found, err := a.d.Clients.Find(c.Client); err == nil {
		v.ClientName = &found.Name
	}
	if v.Scopes == nil {
		v.Scopes = []consent.Scope{}
	}
	return v
}
