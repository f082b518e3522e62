package auditor

import (
	"context"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// lookedUp is whom a look is about: one citizen, or the one whose list is named.
type lookedUp struct {
	citizen citizen.Ref
	list    audit.ListID
	why     subject.Ground // zero: none is asked for
}

// reads logs that a member of staff is about to read, and what for. Until it has
// returned nil, nothing is read: a reading that then fails is in the log all the
// same. about is zero unless one citizen was looked up.
func (l *Log) reads(ctx context.Context, r *httpapi.Request, purpose string, about lookedUp) (audit.Written, error) {
	e := r.Entry(audit.AuditorRead, audit.Succeeded, l.d.Now())
	e.Actor, e.Purpose, e.Citizen, e.List = actorOf(r.Member().Member), purpose, about.citizen, about.list
	written, err := l.d.Appender.Append(ctx, audit.Guard{}, about.why.On(e))
	if err != nil {
		return audit.Written{}, httpapi.NotLogged(err)
	}
	return written, nil
}

// readTime reads a time with its zone, or a day, which begins at 00:00 UTC.
func readTime(r *httpapi.Request, name string) (time.Time, error) {
	text := r.Query(name)
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
func readSpan(r *httpapi.Request) (since, until time.Time, err error) {
	if since, err = readTime(r, "since"); err != nil {
		return since, until, err
	}
	if until, err = readTime(r, "until"); err != nil {
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
