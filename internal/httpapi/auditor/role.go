package auditor

import (
	"context"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// gate lets those in who have a role. That somebody without it asked is in the log.
type gate struct {
	log audit.Appender
	now func() time.Time
}

func (g gate) only(role staff.Role, h httpapi.Handler) httpapi.Handler {
	return func(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
		m := r.Member().Member
		if m.May(role) {
			return h(ctx, r)
		}
		e := r.Entry(audit.AuditorRead, audit.Refused, g.now())
		e.Actor, e.Purpose, e.Reason = actorOf(m), string(role), string(problem.RoleRequired)
		if _, err := g.log.Append(ctx, audit.Guard{}, e); err != nil {
			return nil, httpapi.NotLogged(err)
		}
		return nil, problem.New(problem.RoleRequired, nil)
	}
}
