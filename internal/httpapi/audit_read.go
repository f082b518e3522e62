package httpapi

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// auditorReads logs that a member of staff is about to read, and what for. Until
// it has returned nil, nothing is read: a reading that then fails stands in the
// log all the same. about is empty where no one citizen was looked up.
func (s *server) auditorReads(c *gin.Context, purpose string, about citizen.Ref) error {
	e := s.entry(c, audit.AuditorRead, audit.Succeeded)
	e.Actor, e.Purpose, e.Citizen = actorOf(mustStaff(c).Member), purpose, about
	return s.append(c, e)
}

const (
	defaultPage = 50
	largestPage = 100
)

// page is one part of a list: how many, and from where on.
type page struct {
	limit int
	after audit.Cursor
}

// readPage reads ?limit= (1 to 100) and ?cursor=, as an earlier answer's next.
func readPage(limit, cursor string) (page, error) {
	p := page{limit: defaultPage}
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

// find gives a page of the log, and the cursor of the next; nil: this was the last.
func (s *server) find(c *gin.Context, f audit.Filter, p page) ([]audit.Record, *string, error) {
	found, err := s.d.AuditLog.Find(c.Request.Context(), f, p.after, p.limit+1)
	if err != nil {
		return nil, nil, logUnreadable(err)
	}
	if len(found) <= p.limit {
		return found, nil, nil
	}
	found = found[:p.limit]
	cursor, err := audit.After(found[p.limit-1])
	if err != nil {
		return nil, nil, logUnreadable(err)
	}
	next := cursor.String()
	return found, &next, nil
}

// logUnreadable says that the log could not be read, which is not that it is empty.
func logUnreadable(err error) error {
	return problem.New(problem.ServiceUnavailable, err).
		WithDetail("The log could not be read. This does not mean that nothing stands in it.")
}

// readTime reads a time with its zone, or a day, which begins at 00:00 UTC.
func readTime(c *gin.Context, name string) (time.Time, error) {
	text := c.Query(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, problem.New(problem.BadRequest, nil).
		WithDetail(name + " must be a time such as 2026-03-31T09:00:00Z, or a day such as 2026-03-31.")
}

// readSpan reads ?since= and ?until=.
func readSpan(c *gin.Context) (since, until time.Time, err error) {
	if since, err = readTime(c, "since"); err != nil {
		return since, until, err
	}
	if until, err = readTime(c, "until"); err != nil {
		return since, until, err
	}
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return since, until, problem.New(problem.BadRequest, nil).WithDetail("since must be before until.")
	}
	return since, until, nil
}

// orNull makes what is absent null.
func orNull[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

// none makes a list that is absent empty.
func none(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
