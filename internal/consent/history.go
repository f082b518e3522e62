package consent

import (
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Status is how a consent stands.
type Status string

// The statuses.
const (
	StatusActive         Status = "active"          // it allows something
	StatusWithdrawn      Status = "withdrawn"       // the citizen or the client ended it
	StatusExpired        Status = "expired"         // its time is over
	StatusSuperseded     Status = "superseded"      // a later consent for the same client stands in its place
	StatusNoticeOutdated Status = "notice_outdated" // the notice in force asks for more than it was given for
)

// Consent is one consent as it stands.
type Consent struct {
	ID     string
	Client client.ID
	Scopes []Scope
	// Outdated are those of the Scopes that the notice in force asks for anew.
	Outdated    []Scope
	Notice      string // version shown at the last grant or renewal
	GrantedAt   time.Time
	ExpiresAt   time.Time
	WithdrawnAt *time.Time // nil: not withdrawn
	Status      Status
}

// history is one consent with what ended it.
type history struct {
	id           string
	client       client.ID
	scopes       []Scope
	notice       string
	grantedAt    time.Time
	expiresAt    time.Time
	withdrawnAt  time.Time // zero: not
	supersededAt time.Time // zero: not
	expired      bool      // an event says so, whatever the clock says
}

// replay derives every consent from the events, in the order of their grants. An
// event that does not fit (renewing what has ended, ending what never was)
// changes nothing: whatever is doubtful allows nothing.
func replay(events []Event) []history {
	var all []history
	for _, e := range events {
		i := slices.IndexFunc(all, func(h history) bool { return h.id == e.ID })
		switch {
		case e.Kind == Granted && i < 0:
			for j := range all {
				if all[j].client == e.Client && all[j].running(e.At) {
					all[j].supersededAt = e.At
				}
			}
			all = append(all, history{
				id: e.ID, client: e.Client, scopes: e.Scopes, notice: e.Notice,
				grantedAt: e.At, expiresAt: e.ExpiresAt,
			})
		case i < 0 || all[i].client != e.Client || !all[i].open():
		case e.Kind == Renewed:
			all[i].scopes, all[i].notice, all[i].expiresAt = e.Scopes, e.Notice, e.ExpiresAt
		case e.Kind == Withdrawn:
			all[i].withdrawnAt = e.At
		case e.Kind == Expired:
			all[i].expired = true
		case e.Kind == Superseded:
			all[i].supersededAt = e.At
		}
	}
	return all
}

// open tells that no event ended it.
func (h *history) open() bool {
	return h.withdrawnAt.IsZero() && h.supersededAt.IsZero() && !h.expired
}

// running tells that neither an event nor time ended it.
func (h *history) running(now time.Time) bool { return h.open() && now.Before(h.expiresAt) }

// holds tells whether this consent still gives the scope under the notice in force.
func (h *history) holds(s Scope, n Notice) bool {
	since, asked := n.HoldsSince[s]
	return slices.Contains(h.scopes, s) && asked && h.notice >= since
}

func (h *history) status(n Notice, now time.Time) Status {
	switch {
	case !h.withdrawnAt.IsZero():
		return StatusWithdrawn
	case !h.supersededAt.IsZero():
		return StatusSuperseded
	case !h.running(now):
		return StatusExpired
	case !slices.ContainsFunc(h.scopes, func(s Scope) bool { return h.holds(s, n) }):
		return StatusNoticeOutdated
	}
	return StatusActive
}

func (h *history) consent(n Notice, now time.Time) Consent {
	c := Consent{
		ID: h.id, Client: h.client, Scopes: slices.Clone(h.scopes), Notice: h.notice,
		GrantedAt: h.grantedAt, ExpiresAt: h.expiresAt, Status: h.status(n, now),
	}
	if !h.withdrawnAt.IsZero() {
		c.WithdrawnAt = &h.withdrawnAt
	}
	for _, s := range h.scopes {
		if !h.holds(s, n) {
			c.Outdated = append(c.Outdated, s)
		}
	}
	return c
}

// latest is the consent that counts for a client: the last one granted. Nil: none ever.
func latest(all []history, id client.ID) *history {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].client == id {
			return &all[i]
		}
	}
	return nil
}
