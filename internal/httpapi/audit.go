package httpapi

import (
	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// entry begins an entry about the request at hand.
func (s *server) entry(c *gin.Context, kind audit.Kind, outcome audit.Outcome) audit.Entry {
	e := audit.Entry{
		Kind: kind, At: s.d.Now(), Actor: audit.ActorCitizen, Outcome: outcome, CorrelationID: correlationID(c),
	}
	if caller, ok := callerOf(c); ok {
		e.Citizen, e.Client = caller.Citizen.Ref, caller.Client
	}
	return e
}

// append writes entries durably. Where it fails nothing may be shown: the error
// is the problem audit_unavailable.
func (s *server) append(c *gin.Context, entries ...audit.Entry) error {
	if _, err := s.d.Audit.Append(c.Request.Context(), entries...); err != nil {
		s.d.Metrics.AuditFailed()
		return problem.New(problem.AuditUnavailable, err)
	}
	return nil
}
