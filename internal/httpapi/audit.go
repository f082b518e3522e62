package httpapi

import (
	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// entry begins an entry about the request at hand.
func (s *server) entry(c *gin.Context, kind audit.Kind, outcome audit.Outcome) audit.Entry {
	return requestOf(c).Entry(kind, outcome, s.d.Now())
}

// append writes entries that show nothing of a citizen's data, durably. Where it
// fails nothing may be shown: the error is the problem audit_unavailable.
func (s *server) append(c *gin.Context, entries ...audit.Entry) error {
	if _, err := s.d.Audit.Append(c.Request.Context(), audit.Guard{}, entries...); err != nil {
		return NotLogged(err)
	}
	return nil
}
