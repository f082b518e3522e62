package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
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

// auditConsents is GET /audit/v1/consents: consent acts as the log has them. They
// are read from the log and not from the store of consents, so that each can be
// proved. Filters as for entries, but for the kind.
func (s *server) auditConsents(c *gin.Context) error {
	f, err := readFilter(c)
	if err != nil {
		return err
	}
	f.Kinds = audit.ConsentKinds()
	p, err := ReadLogPage(c.Query("limit"), c.Query("cursor"))
	if err != nil {
		return err
	}
	if err := s.auditorReads(c, "consents", ""); err != nil {
		return err
	}
	found, next, err := s.find(c, f, p)
	if err != nil {
		return err
	}
	body := consentActsView{Events: make([]consentActView, len(found)), Next: next}
	for i, r := range found {
		e, err := r.Entry()
		if err != nil {
			return LogUnreadable(err)
		}
		body.Events[i] = consentActView{
			Seq: r.Seq, At: audit.LeafTime(e.At), Kind: e.Kind, Outcome: e.Outcome, Consent: OrNull(e.Consent), Client: OrNull(e.Client),
			Scopes: none(e.Scopes), Notice: OrNull(e.Notice), Digest: OrNull(e.Digest),
		}
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, body)
	return nil
}
