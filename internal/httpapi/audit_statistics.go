package httpapi

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

type statisticsView struct {
	Since  time.Time   `json:"since"`
	Until  time.Time   `json:"until"`
	Total  int64       `json:"total"`
	Counts []countView `json:"counts"`
}

type countView struct {
	Day     string        `json:"day"` // UTC
	Kind    audit.Kind    `json:"kind"`
	Outcome audit.Outcome `json:"outcome"`
	Client  *client.ID    `json:"client"`
	Entries int64         `json:"entries"`
}

const (
	day         = 24 * time.Hour
	defaultSpan = 30 * day
	longestSpan = 92 * day
)

// auditStatistics is GET /audit/v1/statistics?since=&until=: how many entries of
// each kind, outcome and client each day brought. Absent, until is the end of
// today (UTC) and since 30 days before; the span is 92 days at most.
func (s *server) auditStatistics(c *gin.Context) error {
	since, until, err := readSpan(c)
	if err != nil {
		return err
	}
	if until.IsZero() {
		until = s.d.Now().UTC().Truncate(day).Add(day)
	}
	if since.IsZero() {
		since = until.Add(-defaultSpan)
	}
	if span := until.Sub(since); span <= 0 || span > longestSpan {
		return problem.New(problem.BadRequest, nil).WithDetail("Ask for at most 92 days, and for since before until.")
	}
	if err := s.auditorReads(c, "statistics", ""); err != nil {
		return err
	}
	counts, err := s.d.Auditors.Counts.Count(c.Request.Context(), since, until)
	if err != nil {
		return LogUnreadable(err)
	}
	body := statisticsView{Since: since.UTC(), Until: until.UTC(), Counts: make([]countView, len(counts))}
	for i, n := range counts {
		body.Total += n.Entries
		body.Counts[i] = countView{Day: n.Day, Kind: n.Kind, Outcome: n.Outcome, Client: OrNull(n.Client), Entries: n.Entries}
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, body)
	return nil
}
