package approval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Errors. Nothing was done.
var (
	// ErrInvalid says that something is missing in a proposal, or does not belong to its kind.
	ErrInvalid = errors.New("the proposal is not complete")
	// ErrNone says that there is no such proposal.
	ErrNone = errors.New("no such proposal")
	// ErrDecided says that a proposal was decided before, or its time is over.
	ErrDecided = errors.New("the proposal is not open any more")
	// ErrNothingDue says that retention has nothing to remove.
	ErrNothingDue = errors.New("nothing is due")
	// ErrNobodys says that the service made a proposal, and one person is not enough to
	// approve it: somebody has to propose the same, for another person to approve.
	ErrNobodys = errors.New("a proposal of the service takes two people")
	// ErrOwn says that somebody would approve their own proposal. Another person has to.
	ErrOwn = errors.New("nobody approves their own proposal")
)

// Kind is which act is proposed.
type Kind string

// The kinds of act. A new one needs NeedsTwo, Check and what in this file, doneBy and carryOut in
// decide.go,
// and the enum ActKind in api/openapi.yaml.
const (
	SignOut   Kind = "sign_out"  // end a citizen's sessions
	Hold      Kind = "hold"      // keep a citizen's record from being erased
	Lift      Kind = "lift"      // end a hold
	Erasure   Kind = "erasure"   // forget who a citizen is
	Withhold  Kind = "withhold"  // keep what an entry says from its citizen until a time
	Retention Kind = "retention" // remove what opens entries whose time is over
)

// NeedsTwo reports whether an act needs a second person. The others are carried out when
// they are proposed, because to wait could harm somebody, and they can be undone.
func (k Kind) NeedsTwo() bool { return k != SignOut && k != Hold }

// State is how far a proposal is.
type State string

// The states of a proposal.
const (
	Open     State = "open"
	Approved State = "approved" // and not known to be carried out: who approved it can do so again
	Done     State = "done"
	Rejected State = "rejected"
	Failed   State = "failed" // what was approved was refused when it was to be done
)

// Life is how long a proposal can be approved.
const Life = 14 * 24 * time.Hour

// Proposal is an act that somebody proposes.
type Proposal struct {
	ID   string
	Kind Kind
	// Citizen is whom a sign-out, a hold or an erasure is about, and List their list.
	Citizen citizen.Ref
	List    audit.ListID
	Extent  subject.Extent // of an erasure
	Hold    string         // the hold to lift
	Seq     int64          // the entry to withhold
	Until   time.Time      // when its withholding ends
	Plan    audit.Plan     // of retention

	Ground subject.Ground
	By     audit.Actor
	At     time.Time

	State     State
	DecidedBy audit.Actor // empty: nobody has decided
	DecidedAt time.Time
}

// IsOpen reports whether it can be decided at a time.
func (p Proposal) IsOpen(now time.Time) bool {
	return p.State == Open && now.Before(p.At.Add(Life))
}

// Check refuses a proposal whose parts do not fit its kind, or that is of no use any more,
// with ErrInvalid. about says whether it names somebody: they need not be known yet.
func (p Proposal) Check(now time.Time, about bool) error {
	rest := p // what belongs to no kind, once that of its own is taken out
	rest.ID, rest.Kind, rest.Citizen, rest.List, rest.Ground = "", "", "", audit.ListID{}, subject.Ground{}
	rest.By, rest.At, rest.State, rest.DecidedBy, rest.DecidedAt = "", time.Time{}, "", "", time.Time{}
	ok := p.By != "" && !p.Ground.IsZero()
	switch p.Kind {
	case SignOut, Hold:
		ok = ok && about
	case Erasure:
		ok = ok && about
		rest.Extent = subject.Person
	case Lift:
		ok = ok && !about && p.Hold != ""
		rest.Hold = ""
	case Withhold:
		ok = ok && !about && p.Until.After(now) && p.Until.Before(now.Add(longestWithholding))
		rest.Seq, rest.Until = 0, time.Time{}
	case Retention:
		ok = ok && !about
		rest.Plan = audit.Plan{}
	default:
		ok = false
	}
	if !ok || rest != (Proposal{}) {
		return ErrInvalid
	}
	return nil
}

// what says in one line what is proposed, but for whom it is about. Every entry of the act
// has it, so the log knows what each person agreed to.
func (p Proposal) what() string {
	switch p.Kind {
	case Erasure:
		if p.Extent == subject.PersonAndList {
			return "with the log"
		}
	case Lift:
		return "hold " + p.Hold
	case Withhold:
		return audit.Withholding{Seq: p.Seq, Until: p.Until}.String()
	case Retention:
		return fmt.Sprintf("below entry %d, older than %s", p.Plan.Before, p.Plan.OlderThan.UTC().Format(time.RFC3339))
	case SignOut, Hold:
	}
	return ""
}

// longestWithholding bounds what nobody would look at again.
const longestWithholding = 366 * 24 * time.Hour

// Store keeps proposals. Each change and its log entry are durable both or neither.
type Store interface {
	// Propose adds a proposal.
	Propose(ctx context.Context, p Proposal, e audit.Entry) error
	// Proposal returns one, or ErrNone.
	Proposal(ctx context.Context, id string) (Proposal, error)
	// Proposals returns those made at that time or later, oldest first.
	Proposals(ctx context.Context, since time.Time) ([]Proposal, error)
	// Decide moves a proposal from one state to another and returns ErrDecided when it is in
	// another state than from. Of the zero Entry nothing is written.
	Decide(ctx context.Context, id string, from, to State, by audit.Actor, at time.Time, e audit.Entry) error
	// RemoveProposals removes those that were made before that time.
	RemoveProposals(ctx context.Context, before time.Time) error
}
