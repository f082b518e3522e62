package auditor

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

type consentActsView struct {
	Events []consentActView `json:"events"`
	Next   *string          `json:"next"`
}

// consentActView is what happened to one consent, without whose it is. Its digest
// is that of the stored event, every field included.
type consentActView struct {
	Seq     int64         `json:"seq"` // its place in the log, for a proof
	At      string        `json:"at"`
	Kind    audit.Kind    `json:"kind"`
	Outcome audit.Outcome `json:"outcome"`
	Consent *string       `json:"consent"`
	Client  *client.ID    `json:"client"`
	Scopes  []string      `json:"scopes"`
	Notice  *string       `json:"notice"`
	Digest  *string       `json:"digest"`
}

// consents is GET /audit/v1/consents: consent acts as the log has them. They
// are read from the log and not from the store of consents, so that each can be
// proved. Filters as for entries, but for the kind.
func (l *Log) consents(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	f, err := readFilter(r)
	if err != nil {
		return nil, err
	}
	p, err := httpapi.ReadLogPage(r.Query("limit"), r.Query("cursor"))
	if err != nil {
		return nil, err
	}
	written, err := l.looksAt(ctx, r, "consents", f, p)
	if err != nil {
		return nil, err
	}
	f.Kinds = audit.ConsentKinds()
	found, next, err := p.Find(ctx, l.d.Log, f)
	if err != nil {
		return nil, err
	}
	body := consentActsView{Events: make([]consentActView, len(found)), Next: next}
	for i, r := range found {
		e, err := r.Entry()
		if err != nil {
			return nil, httpapi.LogUnreadable(err)
		}
		body.Events[i] = consentActView{
			Seq: r.Seq, At: audit.LeafTime(e.At), Kind: e.Kind, Outcome: e.Outcome, Consent: httpapi.OrNull(e.Consent), Client: httpapi.OrNull(e.Client),
			Scopes: none(e.Scopes), Notice: httpapi.OrNull(e.Notice), Digest: httpapi.OrNull(e.Digest),
		}
	}
	return httpapi.LoggedJSON(written, http.StatusOK, body), nil
}
