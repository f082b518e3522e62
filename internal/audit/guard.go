package audit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Guard errors. The store found, while it was writing, that the decision to show
// something no longer holds. Nothing was written. The caller decides again, once,
// from the beginning; if that is refused too, it refuses the request.
var (
	// ErrConsentChanged: the citizen granted, renewed or withdrew a consent to this
	// client after the decision. Read the consents from the store and decide again,
	// once; then 403.
	ErrConsentChanged = errors.New("the consent to this client changed after the decision")
	// ErrSessionEnded: the session or grant that the caller relied on has ended.
	// Decide again, once; then 401.
	ErrSessionEnded = errors.New("the session or grant ended after the decision")
	// ErrClientEnded: the client is not registered any more. Decide again, once;
	// then 401.
	ErrClientEnded = errors.New("the client ended after the decision")
	// ErrPast: the consent, session or token came to its end. Decide again, once;
	// then 401, or 403 when it was the consent that ended.
	ErrPast = errors.New("the decision is past its end")
	// ErrOvertaken: what was to be written together with the entries was computed from
	// something that has changed since. Compute it again, once; then write the entries
	// without it.
	ErrOvertaken = errors.New("what belongs to the entries was overtaken by another change")
)

// ErrOutcomeUnknown says that the entries may be durable or not: the commit did
// not answer, or the caller left while it was in progress. The caller MUST NOT
// show anything and MUST NOT say that nothing happened. It answers 503.
var ErrOutcomeUnknown = errors.New("it is not known whether the entries were written")

// Guard is the decision that a release relies on. The store judges it inside the
// transaction that appends the entries: if the consent, the session or grant, or
// the time has changed since, nothing is written.
//
// The zero Guard guards nothing. A store refuses it for every entry that
// [NeedsGuard]. Only internal/release makes other ones.
type Guard struct {
	citizen        citizen.Ref
	client         client.ID
	consentSeq     int64
	session, grant [32]byte
	until          time.Time
}

// GuardParts are what a Guard is made of. Citizen, Client, Until and one of
// Session and Grant are required.
type GuardParts struct {
	Citizen citizen.Ref
	Client  client.ID
	// ConsentSeq is the sequence of the newest consent event of this citizen and
	// this client at the time of the decision; 0: there was none.
	ConsentSeq int64
	Session    [32]byte // SHA-256 of the session's secret; zero: a grant is relied on
	Grant      [32]byte // SHA-256 of the grant's id; zero: a session is relied on
	// Until is the earliest end of everything that the decision relied on:
	// consent, session, token, ID token. At that instant it no longer holds.
	Until time.Time
}

// NewGuard makes a Guard. From incomplete parts it makes the zero Guard, which no store
// takes for data.
func NewGuard(p GuardParts) Guard {
	if p.Citizen == "" || p.Client == "" || p.Until.IsZero() || (p.Session == [32]byte{}) == (p.Grant == [32]byte{}) {
		return Guard{}
	}
	return Guard{
		citizen: p.Citizen, client: p.Client, consentSeq: p.ConsentSeq,
		session: p.Session, grant: p.Grant, until: p.Until,
	}
}

// IsZero reports whether the guard guards nothing.
func (g Guard) IsZero() bool { return g == Guard{} }

// Citizen is whose consent, session and grant are judged.
func (g Guard) Citizen() citizen.Ref { return g.citizen }

// Client is the client whose consent is judged.
func (g Guard) Client() client.ID { return g.client }

// Session is the hash of the session that is judged; false: no session is.
func (g Guard) Session() ([32]byte, bool) { return g.session, g.session != [32]byte{} }

// Grant is the hash of the grant that is judged; false: no grant is.
func (g Guard) Grant() ([32]byte, bool) { return g.grant, g.grant != [32]byte{} }

// GuardState is what a store finds about a guard inside its transaction.
type GuardState struct {
	ConsentSeq  int64       // newest consent event of the guard's citizen and client; 0: none
	SessionOf   citizen.Ref // whose the guard's session is; empty: there is no such session
	GrantOf     citizen.Ref // whose the guard's grant is; empty: there is no such grant
	ClientEnded bool        // the guard's client is not registered any more
}

// Judge compares the guard with what the store found and the time by the store's
// clock. Nil: the decision still holds.
func (g Guard) Judge(found GuardState, now time.Time) error {
	_, bySession := g.Session()
	_, byGrant := g.Grant()
	switch {
	case g.IsZero():
		return nil
	case found.ClientEnded:
		return ErrClientEnded
	case bySession && found.SessionOf != g.citizen, byGrant && found.GrantOf != g.citizen:
		return ErrSessionEnded
	case found.ConsentSeq != g.consentSeq:
		return ErrConsentChanged
	case !now.Before(g.until):
		return ErrPast
	}
	return nil
}

// Admits reports, as ErrInvalidEntry, an entry that this guard does not cover:
// data without a guard, without any consent, or of another citizen or client.
func (g Guard) Admits(entries ...Entry) error {
	for _, e := range entries {
		switch {
		case !NeedsGuard(e):
		case g.IsZero():
			return fmt.Errorf("%w: %s needs a guard", ErrInvalidEntry, e.Kind)
		case e.Citizen != g.citizen || e.Client != g.client:
			return fmt.Errorf("%w: %s is about another citizen or client than its guard", ErrInvalidEntry, e.Kind)
		case e.Kind != SubjectAccess && g.consentSeq == 0:
			return fmt.Errorf("%w: %s without any consent", ErrInvalidEntry, e.Kind)
		}
	}
	return nil
}

// NeedsGuard reports whether an entry records data shown to a citizen or to a
// client in the citizen's name. What operators and auditors see is not guarded:
// it depends on no consent and no citizen's session.
func NeedsGuard(e Entry) bool {
	switch e.Kind {
	case DataReleased, DataNotModified:
		return true
	case SubjectAccess:
		return e.Actor == ActorCitizen
	}
	return false
}

// IsGuardError reports whether an error is one of the guard errors: nothing was
// written, and the log works.
func IsGuardError(err error) bool {
	return slices.ContainsFunc([]error{ErrConsentChanged, ErrSessionEnded, ErrClientEnded, ErrPast, ErrOvertaken},
		func(guard error) bool { return errors.Is(err, guard) })
}
