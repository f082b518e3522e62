package auditor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// ActsDeps are what acts of staff need; all are required.
type ActsDeps struct {
	Desk     *approval.Desk
	Appender audit.Appender // a look at the proposals is an entry
	Citizens Citizens
	Now      func() time.Time
}

// Acts has the handlers of what staff do about people and the log.
type Acts struct{ d ActsDeps }

// NewActs checks d.
func NewActs(d ActsDeps) (*Acts, error) {
	if d.Desk == nil || d.Appender == nil || d.Citizens == nil || d.Now == nil {
		return nil, errors.New("new routes of acts: a dependency is missing")
	}
	return &Acts{d}, nil
}

// Routes are those under /audit/v1/acts.
func (a *Acts) Routes() []httpapi.Route {
	members := gate{a.d.Appender, a.d.Now}
	route := func(method, path string, h httpapi.Handler) httpapi.Route {
		return httpapi.Route{Method: method, Path: path, Audience: httpapi.Members, Handler: members.only(staff.Records, h)}
	}
	return []httpapi.Route{
		route(http.MethodGet, "/audit/v1/acts", a.list),
		route(http.MethodPost, "/audit/v1/acts", a.propose),
		route(http.MethodPost, "/audit/v1/acts/:id/approve", a.approve),
		route(http.MethodPost, "/audit/v1/acts/:id/reject", a.reject),
	}
}

type actRequest struct {
	Act       approval.Kind `json:"act"`
	NHSNumber string        `json:"nhsNumber"` // of sign_out, hold and erasure; MUST NOT be logged
	WithLog   bool          `json:"withLog"`   // of erasure
	Hold      string        `json:"hold"`      // of lift
	Seq       *int64        `json:"seq"`       // of withhold
	Until     time.Time     `json:"until"`     // of withhold
	Reason    string        `json:"reason"`
	Case      string        `json:"case"`
	Note      string        `json:"note"`
}

type actView struct {
	ID         string        `json:"id"`
	Act        approval.Kind `json:"act"`
	State      string        `json:"state"` // open, expired, approved, done, rejected, failed
	List       *string       `json:"list"`  // of the citizen whom it is about
	WithLog    bool          `json:"withLog"`
	Hold       *string       `json:"hold"`
	Seq        *int64        `json:"seq"`
	Until      *time.Time    `json:"until"`
	Before     *int64        `json:"before"`    // retention: of entries below that one
	OlderThan  *time.Time    `json:"olderThan"` // and only of what is older
	Entries    *int          `json:"entries"`   // and how many entries
	Consents   *int          `json:"consents"`  // and consents were due
	Reason     subject.Code  `json:"reason"`
	Case       *string       `json:"case"`
	Note       *string       `json:"note"`
	ProposedBy audit.Actor   `json:"proposedBy"`
	ProposedAt time.Time     `json:"proposedAt"`
	ExpiresAt  time.Time     `json:"expiresAt"` // until then it can be approved
	DecidedBy  *audit.Actor  `json:"decidedBy"`
	DecidedAt  *time.Time    `json:"decidedAt"`
}

type actsView struct {
	Acts []actView `json:"acts"`
}

// list is GET /audit/v1/acts: proposals of the last 90 days, the oldest first.
func (a *Acts) list(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	e := r.Entry(audit.AuditorRead, audit.Succeeded, a.d.Now())
	e.Actor, e.Purpose = actorOf(r.Member().Member), "acts"
	written, err := a.d.Appender.Append(ctx, audit.Guard{}, e)
	if err != nil {
		return nil, httpapi.NotLogged(err)
	}
	found, err := a.d.Desk.Proposals(ctx)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	body := actsView{Acts: make([]actView, len(found))}
	for i, p := range found {
		body.Acts[i] = a.view(p)
	}
	return httpapi.LoggedJSON(written, http.StatusOK, body), nil
}

// propose is POST /audit/v1/acts. Signing out and holding are done at once (200);
// anything else waits for another person (201).
func (a *Acts) propose(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	var in actRequest
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	why, err := readGround(in.Reason, in.Case, in.Note)
	if err != nil {
		return nil, err
	}
	p := approval.Proposal{Kind: in.Act, Hold: in.Hold, Until: in.Until.UTC().Truncate(time.Second), Ground: why, By: actorOf(r.Member().Member)}
	if in.WithLog {
		p.Extent = subject.PersonAndList
	}
	if in.Seq != nil {
		p.Seq = *in.Seq
	}
	// Before anybody is looked up: a request that is not fit must not tell who is known.
	err = p.Check(a.d.Now(), in.NHSNumber != "")
	if err != nil || (in.Seq != nil) != (in.Act == approval.Withhold) || p.Seq < 0 {
		return nil, actProblem(cmp.Or(err, approval.ErrInvalid))
	}
	if in.NHSNumber != "" {
		if p.Citizen, err = a.citizen(ctx, r, in, why); err != nil {
			return nil, err
		}
	}
	done, err := a.d.Desk.Propose(ctx, p)
	if err != nil {
		return nil, actProblem(err)
	}
	status := http.StatusCreated
	if done.State == approval.Done {
		status = http.StatusOK
	}
	return httpapi.OwnJSON(status, a.view(done)).With("Cache-Control", "no-store"), nil
}

// citizen finds whom an act is about. That somebody unknown was asked for is in the log.
func (a *Acts) citizen(ctx context.Context, r *httpapi.Request, in actRequest, why subject.Ground) (citizen.Ref, error) {
	number, err := citizen.ParseNHSNumber(strings.ReplaceAll(in.NHSNumber, " ", ""))
	if err != nil {
		return "", problem.New(problem.BadRequest, nil).WithDetail("nhsNumber must be a valid NHS number of ten digits.")
	}
	ref, err := a.d.Citizens.LookUp(ctx, number)
	if !errors.Is(err, citizen.ErrNoSubject) {
		return ref, err
	}
	e := r.Entry(audit.ActProposed, audit.Refused, a.d.Now())
	e.Actor, e.Purpose, e.Reason = actorOf(r.Member().Member), string(in.Act), "no_subject"
	if _, err := a.d.Appender.Append(ctx, audit.Guard{}, why.On(e)); err != nil {
		return "", httpapi.NotLogged(err)
	}
	return "", actProblem(subject.ErrUnknown)
}

// approve is POST /audit/v1/acts/{id}/approve, by another person than the one who
// proposed it. The act is done when it answers.
func (a *Acts) approve(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.decide(ctx, r, a.d.Desk.Approve)
}

// reject is POST /audit/v1/acts/{id}/reject.
func (a *Acts) reject(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	return a.decide(ctx, r, a.d.Desk.Reject)
}

func (a *Acts) decide(ctx context.Context, r *httpapi.Request, decide func(context.Context, string, approval.Decider) (approval.Proposal, error)) (httpapi.Answer, error) {
	p, err := decide(ctx, r.Param("id"), approval.Decider{Actor: actorOf(r.Member().Member)})
	if err != nil {
		return nil, actProblem(err)
	}
	return httpapi.OwnJSON(http.StatusOK, a.view(p)).With("Cache-Control", "no-store"), nil
}

func (a *Acts) view(p approval.Proposal) actView {
	v := actView{
		ID: p.ID, Act: p.Kind, State: string(p.State), List: httpapi.OrNull(p.List.String()), WithLog: p.Extent == subject.PersonAndList,
		Hold: httpapi.OrNull(p.Hold), Before: numberOrNull(p.Plan.Before),
		Reason: p.Ground.Code(), Case: httpapi.OrNull(p.Ground.Case()), Note: httpapi.OrNull(p.Ground.Note()),
		ProposedBy: p.By, ProposedAt: httpapi.InSeconds(p.At), ExpiresAt: httpapi.InSeconds(p.At.Add(approval.Life)), DecidedBy: httpapi.OrNull(p.DecidedBy),
	}
	if p.State == approval.Open && !p.IsOpen(a.d.Now()) {
		v.State = "expired"
	}
	if p.Kind == approval.Retention {
		older := httpapi.InSeconds(p.Plan.OlderThan)
		v.OlderThan, v.Entries, v.Consents = &older, &p.Plan.Due.Openings, &p.Plan.Due.Consents
	}
	if p.Kind == approval.Withhold {
		until := httpapi.InSeconds(p.Until)
		v.Seq, v.Until = &p.Seq, &until
	}
	if !p.DecidedAt.IsZero() {
		at := httpapi.InSeconds(p.DecidedAt)
		v.DecidedAt = &at
	}
	return v
}

// actProblem is what a member of staff is told about an act that was not done.
func actProblem(err error) error {
	for _, row := range []struct {
		is     error
		code   problem.Code
		detail string
	}{
		{approval.ErrInvalid, problem.BadRequest, "Something is missing, or does not belong to this act. An entry can be withheld for at most a year, until a time to come."},
		{approval.ErrNone, problem.NotFound, "There is no such act."},
		{approval.ErrOwn, problem.Conflict, "Somebody else has to approve what you proposed."},
		{approval.ErrNobodys, problem.Conflict, "The service proposed it. Propose retention yourself, and let another person approve that."},
		{approval.ErrNothingDue, problem.Conflict, "Nothing is due."},
		{approval.ErrDecided, problem.Conflict, "It was decided before, or its time is over. Propose it again if it is still needed."},
		{subject.ErrUnknown, problem.NotFound, "No citizen with this NHS number is known here: they never signed in, or were erased."},
		{audit.ErrHeld, problem.Conflict, "A hold is in force. It has to be lifted first."},
		{audit.ErrNoHold, problem.Conflict, "No hold of that id is in force."},
		{audit.ErrNotWithheld, problem.Conflict, "There is no such entry in a citizen's list, what it said was removed, or it is withheld for as long already."},
	} {
		if errors.Is(err, row.is) {
			return problem.New(row.code, err).WithDetail(row.detail)
		}
	}
	return httpapi.NotLogged(err)
}
