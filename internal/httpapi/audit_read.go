package httpapi

import (
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
	e.Actor, e.Purpose, e.Citizen = audit.Actor(mustStaff(c).Member.Pseudonym), purpose, about
	return s.append(c, e)
}

// find gives a page of the log, and the cursor of the next; nil: this was the last.
func (s *server) find(c *gin.Context, f audit.Filter, p LogPage) ([]audit.Record, *string, error) {
	return p.Find(c.Request.Context(), s.d.AuditLog, f)
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

// none makes a list that is absent empty.
func none(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
