package consent

import (
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Status is the state of a consent.
type Status string

// The statuses.
const (
	StatusActive         Status = "active"          // it allows something
	StatusWithdrawn      Status = "withdrawn"       // the citizen or the client ended it
	StatusSuspended      Status = "suspended"       // the citizen has to confirm it, see Suspended
	StatusExpired        Status = "expired"         // its time is over
	StatusSuperseded     Status = "superseded"      // a later consent for the same client replaced it
	StatusNoticeOutdated Status = "notice_outdated" // the notice in force asks for more than was consented to
)

// Consent is the current state of one consent.
type Consent struct {
	ID     string
	Client client.ID
	Scopes []Scope
	// Outdated are those of the Scopes that the notice in force asks for again.
	Outdated    []Scope
	Notice      string // version shown at the last grant or renewal
	GrantedAt   time.Time
	ExpiresAt   time.Time
	WithdrawnAt *time.Time // nil: not withdrawn
	Status      Status
}

// lifecycle is one consent and the event that ended it.
type lifecycle struct {
	id           string
	client       client.ID
	scopes       []Scope
	notice       string
	grantedAt    time.Time
	expiresAt    time.Time
	withdrawnAt  time.Time // zero: not
	suspendedAt  time.Time // zero: not
	supersededAt time.Time // zero: not
}

// replay derives every consent from the events, in the order of their grants. An
// event that does not fit (renewing what has ended, ending what never was)
// changes nothing: in doubt, nothing is allowed.
func replay(events []Event) []lifecycle {
	var all []lifecycle
	for _, e := range events {
		i := slices.IndexFunc(all, func(h lifecycle) bool { return h.id == e.ID })
		switch {
		case e.Kind == Granted && i < 0:
			for j := range all {
				if all[j].client == e.Client && all[j].running(e.At) {
					all[j].supersededAt = e.At
				}
			}
			all = append(all, lifecycle{
				id: e.ID, client: e.Client, scopes: e.Scopes, notice: e.Notice,
				grantedAt: e.At, expiresAt: e.ExpiresAt,
			})
		case i < 0 || all[i].client != e.Client || !all[i].open():
		case e.Kind == Renewed:
			all[i].scopes, all[i].notice, all[i].expiresAt = e.Scopes, e.Notice, e.ExpiresAt
		case e.Kind == Withdrawn:
			all[i].withdrawnAt = e.At
		case e.Kind == Suspended:
			all[i].suspendedAt = e.At
		}
	}
	return all
}

// open reports whether no event has ended the consent.
func (l *lifecycle) open() bool {
	return l.withdrawnAt.IsZero() && l.suspendedAt.IsZero() && l.supersededAt.IsZero()
}

// running reports whether neither an event nor time has ended the consent.
func (l *lifecycle) running(now time.Time) bool { return l.open() && now.Before(l.expiresAt) }

// holds reports whether the consent still covers the scope under the notice in force.
func (l *lifecycle) holds(s Scope, n Notice) bool {
	since, asked := n.HoldsSince[s]
	return slices.Contains(l.scopes, s) && asked && l.notice >= since
}

func (l *lifecycle) status(n Notice, now time.Time) Status {
	switch {
	case !l.withdrawnAt.IsZero():
		return StatusWithdrawn
	case !l.suspendedAt.IsZero():
		return StatusSuspended
	case !l.supersededAt.IsZero():
		return StatusSuperseded
	case !l.running(now):
		return StatusExpired
	case !slices.ContainsFunc(l.scopes, func(s Scope) bool { return l.holds(s, n) }):
		return StatusNoticeOutdated
	}
	return StatusActive
}

func (l *lifecycle) consent(n Notice, now time.Time) Consent {
	c := Consent{
		ID: l.id, Client: l.client, Scopes: slices.Clone(l.scopes), Notice: l.notice,
		GrantedAt: l.grantedAt, ExpiresAt: l.expiresAt, Status: l.status(n, now),
	}
	if !l.withdrawnAt.IsZero() {
		c.WithdrawnAt = &l.withdrawnAt
	}
	for _, s := range l.scopes {
		if !l.holds(s, n) {
			c.Outdated = append(c.Outdated, s)
		}
	}
	return c
}

// latest is the consent that counts for a client: the last one granted; nil when none ever was.
func latest(all []lifecycle, id client.ID) *lifecycle {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].client == id {
			return &all[i]
		}
	}
	return nil
}
