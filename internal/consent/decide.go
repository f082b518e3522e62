package consent

import (
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Reason is why something is not allowed.
type Reason string

// The reasons.
const (
	ReasonNoConsent      Reason = "no_consent"      // the citizen never consented to this client
	ReasonWithdrawn      Reason = "withdrawn"       // the last consent was withdrawn
	ReasonSuspended      Reason = "suspended"       // the citizen has to confirm the last consent
	ReasonExpired        Reason = "expired"         // the last consent's time is over
	ReasonNoticeOutdated Reason = "notice_outdated" // the notice in force asks for more than was consented to
	ReasonScopeMissing   Reason = "scope_missing"   // the current consent does not cover what is asked for
)

// Question is what a client wants to do.
type Question struct {
	Client client.ID
	Scopes []Scope // all of them are needed; none asked for: nothing is allowed
	Notice Notice  // in force
	Now    time.Time
}

// Decision is the answer.
type Decision struct {
	Allowed   bool
	Reason    Reason  // empty when allowed
	Missing   []Scope // what would have to be granted, in the order asked for; empty when allowed
	ConsentID string  // the consent that counts for the client; empty when there never was one
	Notice    string  // version in force
	// NewestEvent is the Seq of the newest event of this citizen and client, of any
	// kind; 0 when there is no event. A caller that acts on the decision checks that
	// it is still the newest (audit.Guard).
	NewestEvent int64
	// EndsAt is when that consent ends by itself; zero: there never was one.
	EndsAt time.Time
}

// Decide derives from a citizen's events, in their order, whether the client may
// do what it asks. It is pure: the same events and question lead to the same
// decision, and nothing but a running consent of that very client allows anything.
func Decide(events []Event, q Question) Decision {
	d := Decision{Notice: q.Notice.Version, Missing: slices.Clone(q.Scopes)}
	for _, e := range events {
		if e.Client == q.Client {
			d.NewestEvent = e.Seq
		}
	}
	h := latest(replay(events), q.Client)
	if h == nil {
		d.Reason = ReasonNoConsent
		return d
	}
	d.ConsentID, d.EndsAt = h.id, h.expiresAt
	switch h.status(q.Notice, q.Now) {
	case StatusWithdrawn:
		d.Reason = ReasonWithdrawn
		return d
	case StatusSuspended:
		d.Reason = ReasonSuspended
		return d
	case StatusExpired:
		d.Reason = ReasonExpired
		return d
	}
	d.Missing = slices.DeleteFunc(d.Missing, func(s Scope) bool { return h.holds(s, q.Notice) })
	if len(d.Missing) == 0 && len(q.Scopes) > 0 {
		d.Allowed, d.Missing = true, nil
		return d
	}
	d.Reason = ReasonScopeMissing
	for _, s := range d.Missing {
		if since, asked := q.Notice.HoldsSince[s]; asked && h.notice < since {
			d.Reason = ReasonNoticeOutdated
		}
	}
	return d
}
