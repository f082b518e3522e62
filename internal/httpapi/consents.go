package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// consentRequest is what a refusal carries and what granting takes, as it stands.
type consentRequest struct {
	ClientID      string          `json:"clientId"`
	Scopes        []consent.Scope `json:"scopes"`
	NoticeVersion string          `json:"noticeVersion"`
}

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

// listConsents is GET /v1/consents.
func (s *server) listConsents(c *gin.Context) error {
	list, err := s.d.Consents.List(c.Request.Context(), mustCaller(c).Citizen.Ref)
	if err != nil {
		return problem.New(problem.ServiceUnavailable, err)
	}
	views := make([]consentView, len(list))
	for i, each := range list {
		views[i] = s.consentView(each)
	}
	dataHeaders(c.Writer.Header())
	c.JSON(http.StatusOK, gin.H{"consents": views})
	return nil
}

// grantConsent is POST /v1/consents. Only the citizen grants, in a first-party
// session: no app's token gets here as one.
func (s *server) grantConsent(c *gin.Context) error {
	caller := mustCaller(c)
	if caller.Via != ViaCookie {
		return problem.New(problem.InsufficientScope, nil)
	}
	var in consentRequest
	if err := readJSON(c, &in); err != nil {
		return err
	}
	key := c.GetHeader("Idempotency-Key")
	const longestKey = 128
	if len(key) > longestKey {
		return problem.New(problem.BadRequest, nil).WithDetail("Idempotency-Key is longer than 128 characters.")
	}
	if _, err := s.d.Clients.Find(client.ID(in.ClientID)); err != nil {
		return problem.New(problem.BadRequest, err).WithDetail("clientId is no app that is known here.")
	}
	if len(in.Scopes) == 0 {
		return problem.New(problem.BadRequest, nil).WithDetail("scopes must name at least one thing to allow.")
	}
	given, created, err := s.d.Consents.Grant(c.Request.Context(), consent.Grant{
		Citizen: caller.Citizen.Ref, Client: client.ID(in.ClientID), Scopes: slices.Clone(in.Scopes), NoticeVersion: in.NoticeVersion,
		Language: string(timeline.ParseLang(c.GetHeader("Accept-Language"))), Channel: "web",
		CorrelationID: correlationID(c), IdempotencyKey: key,
	})
	if err != nil {
		return s.consentProblem(err)
	}
	dataHeaders(c.Writer.Header())
	c.Header("Location", "/v1/consents/"+given.ID)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	c.JSON(status, s.consentView(given))
	return nil
}

// withdrawConsent is DELETE /v1/consents/{id}. It takes effect with the next
// request; withdrawing twice is harmless.
func (s *server) withdrawConsent(c *gin.Context) error {
	caller := mustCaller(c)
	_, err := s.d.Consents.Withdraw(c.Request.Context(), caller.Citizen.Ref, c.Param("id"), caller.Client, correlationID(c))
	if err != nil {
		return s.consentProblem(err)
	}
	dataHeaders(c.Writer.Header())
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) consentProblem(err error) error {
	switch {
	case errors.Is(err, consent.ErrNoConsent):
		return problem.New(problem.NotFound, err)
	case errors.Is(err, consent.ErrNoticeOutdated):
		return problem.New(problem.NoticeOutdated, err).With("noticeVersion", s.d.Notices.InForce().Version)
	case errors.Is(err, consent.ErrUnknownScope):
		return problem.New(problem.BadRequest, err).WithDetail("scopes names something that nobody can allow.")
	case errors.Is(err, consent.ErrIdempotencyMismatch):
		return problem.New(problem.Conflict, err).WithDetail("This Idempotency-Key was used for another consent.")
	case errors.Is(err, consent.ErrConflict):
		return problem.New(problem.Conflict, err)
	}
	return NotLogged(err)
}

func (s *server) consentView(k consent.Consent) consentView {
	v := consentView{
		ID: k.ID, ClientID: k.Client, Scopes: k.Scopes, NoticeVersion: k.Notice, Status: k.Status,
		GrantedAt: k.GrantedAt.UTC(), ExpiresAt: k.ExpiresAt.UTC(), WithdrawnAt: k.WithdrawnAt,
	}
	if found, err := s.d.Clients.Find(k.Client); err == nil {
		v.ClientName = &found.Name
	}
	if v.Scopes == nil {
		v.Scopes = []consent.Scope{}
	}
	return v
}
