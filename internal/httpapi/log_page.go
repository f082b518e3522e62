package httpapi

import (
	"context"
	"strconv"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	defaultPage = 50
	largestPage = 100
)

// LogPage is one part of a list of log entries: how many, and from where on.
type LogPage struct {
	limit int
	after audit.Cursor
}

// ReadLogPage reads ?limit= (1 to 100) and ?cursor=, as an earlier answer's next.
func ReadLogPage(limit, cursor string) (LogPage, error) {
	p := LogPage{limit: defaultPage}
	if limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > largestPage {
			return p, problem.New(problem.BadRequest, nil).WithDetail("limit must be a number from 1 to 100.")
		}
		p.limit = n
	}
	const longest = 256
	var err error
	if p.after, err = audit.ParseCursor(cursor); err != nil || len(cursor) > longest {
		return p, problem.New(problem.BadRequest, nil).WithDetail("cursor must be what next of an earlier answer was.")
	}
	return p, nil
}

// Limit is how many are wanted.
func (p LogPage) Limit() int { return p.limit }

// After is where to go on from.
func (p LogPage) After() audit.Cursor { return p.after }

// Find returns the page of a log, and the cursor of the next; nil when this was the last.
func (p LogPage) Find(ctx context.Context, log audit.Finder, f audit.Filter) ([]audit.Record, *string, error) {
	found, err := log.Find(ctx, f, p.after, p.limit+1)
	if err != nil {
		return nil, nil, LogUnreadable(err)
	}
	if len(found) <= p.limit {
		return found, nil, nil
	}
	found = found[:p.limit]
	next := audit.After(found[p.limit-1]).String()
	return found, &next, nil
}

// LogUnreadable says that the log could not be read, which is not that it is empty.
func LogUnreadable(err error) error {
	return problem.New(problem.ServiceUnavailable, err).
		WithWords(wording.DetailLogUnreadable)
}

// OrNull makes what is absent null in JSON.
func OrNull[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}
