package auditor

import (
	"context"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

type statisticsView struct {
	Since  time.Time   `json:"since"`
	Until  time.Time   `json:"until"`
	Total  int64       `json:"total"`
	Counts []countView `json:"counts"`
	// Withheld is how many entries are kept from their citizens now, for the Caldicott
	// guardian; the entries about withholding are among them.
	Withheld int `json:"withheld"`
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

// statistics is GET /audit/v1/statistics?since=&until=: how many entries of
// each kind, outcome and client each day brought. Absent, until is the end of
// today (UTC) and since 30 days before; the span is 92 days at most.
func (l *Log) statistics(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	since, until, err := readSpan(r)
	if err != nil {
		return nil, err
	}
	if until.IsZero() {
		until = l.d.Now().UTC().Truncate(day).Add(day)
	}
	if since.IsZero() {
		since = until.Add(-defaultSpan)
	}
	if span := until.Sub(since); span <= 0 || span > longestSpan {
		return nil, problem.New(problem.BadRequest, nil).WithDetail("Ask for at most 92 days, and for since before until.")
	}
	written, err := l.reads(ctx, r, "statistics", lookedUp{})
	if err != nil {
		return nil, err
	}
	counts, err := l.d.Counts.Count(ctx, since, until)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	withheld, err := l.d.Counts.Withheld(ctx, l.d.Now())
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	body := statisticsView{Since: since.UTC(), Until: until.UTC(), Withheld: len(withheld), Counts: make([]countView, len(counts))}
	for i, n := range counts {
		body.Total += n.Entries
		body.Counts[i] = countView{Day: n.Day, Kind: n.Kind, Outcome: n.Outcome, Client: httpapi.OrNull(n.Client), Entries: n.Entries}
	}
	return httpapi.LoggedJSON(written, http.StatusOK, body), nil
}
