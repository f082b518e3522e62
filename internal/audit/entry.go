package audit

import (
	"context"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Kind is which act an entry records. A new kind needs: the constant here, Kinds
// (and ConsentKinds for a consent act), eventType in audit/export, a place in the
// access log that citizens read (internal/httpapi/citizen), the enum in
// api/openapi.yaml, the table in docs/auditors.md, and NeedsGuard if it records
// that data was shown.
type Kind string

// The kinds of entry.
const (
	SignedIn           Kind = "sign_in"
	SignInRefused      Kind = "sign_in_refused"
	SignedOut          Kind = "sign_out"
	ConsentGranted     Kind = "consent_granted"
	ConsentRenewed     Kind = "consent_renewed"
	ConsentWithdrawn   Kind = "consent_withdrawn"
	ConsentSuspended   Kind = "consent_suspended" // until the citizen confirms it, after a restore
	DataReleased       Kind = "data_released"
	DataNotModified    Kind = "data_not_modified"
	DataRefused        Kind = "data_refused"
	UpstreamAsked      Kind = "upstream_asked"
	ForeignData        Kind = "foreign_data" // a source sent another person's data, and it was refused
	Exported           Kind = "export"
	AuditorRead        Kind = "auditor_read"
	SubjectAccess      Kind = "subject_access"
	Erased             Kind = "erasure"
	KeyChanged         Kind = "key_change"
	ConfigurationKnown Kind = "configuration"
	Pruned             Kind = "pruned"
	HoldPlaced         Kind = "hold_placed"
	HoldLifted         Kind = "hold_lifted"
	Withheld           Kind = "withheld"     // what an entry says was kept from its citizen, for a time
	ActProposed        Kind = "act_proposed" // of staff, to be approved by another person
	ActApproved        Kind = "act_approved"
	ActRejected        Kind = "act_rejected"
	ForkAccepted       Kind = "fork_accepted" // operators accepted a log that is not the one that was signed
	Moved              Kind = "moved"         // operators moved everything to another database, which has the entries from here on
)

// Kinds lists every kind of entry, to distinguish a known kind from a misspelt one.
func Kinds() []Kind {
	return []Kind{
		SignedIn, SignInRefused, SignedOut,
		ConsentGranted, ConsentRenewed, ConsentWithdrawn, ConsentSuspended,
		DataReleased, DataNotModified, DataRefused, UpstreamAsked, ForeignData,
		Exported, AuditorRead, SubjectAccess, Erased,
		KeyChanged, ConfigurationKnown, Pruned, HoldPlaced, HoldLifted,
		Withheld, ActProposed, ActApproved, ActRejected, ForkAccepted, Moved,
	}
}

// ConsentKinds are the kinds of consent acts.
func ConsentKinds() []Kind {
	return []Kind{ConsentGranted, ConsentRenewed, ConsentWithdrawn, ConsentSuspended}
}

// Outcome is how the act ended.
type Outcome string

// The outcomes.
const (
	Succeeded Outcome = "success"
	Refused   Outcome = "refused"
	Failed    Outcome = "failure"
)

// Outcomes lists every outcome.
func Outcomes() []Outcome { return []Outcome{Succeeded, Refused, Failed} }

// Actor is who acted.
type Actor string

// The actors. A staff member is "staff:" and the pseudonym of their account. Who an
// operator is nobody has proved: somebody at the command line gave a name, which is in
// the note of the entry.
const (
	ActorCitizen  Actor = "citizen"
	ActorService  Actor = "service"
	ActorOperator Actor = "operator"
)

// Entry is one act. It carries no clinical content and no identity but the id of a
// list: an entry MUST be safe to hand to an auditor unchanged.
type Entry struct {
	Kind Kind
	At   time.Time
	// Citizen is whom the act concerns, when an entry is appended; empty: no known
	// citizen. The log does not hold it: an entry that was read has List and Number.
	Citizen citizen.Ref
	// List is the list that the entry is in, and Number its place there, from 1. An
	// entry that is appended has a List only where that names a citizen without a
	// Citizen: an auditor looks at a list. Zero in an entry that was read: what opens
	// it was removed.
	List    ListID
	Number  int64
	Client  client.ID // empty: no client took part
	Actor   Actor
	Purpose string // what the data was for, such as "timeline"; empty where none was asked for
	Outcome Outcome
	Reason  string // problem code or decision reason; empty on success
	// Act joins the entries of one act of staff: what was proposed, what was decided, and
	// what was done. Empty: the entry is an act by itself.
	Act string
	// Ground is the code of why staff or operators did something about a person
	// (subject.Grounds), and Case the number under which they keep the matter. Note is
	// what they said in words. The leaf commits to all three; the words can be removed
	// before the rest. Empty: none was given.
	Ground  string
	Case    string
	Note    string
	Consent string // id of the consent relied on, or acted on
	// Event is the place of the consent event relied on among the citizen's; 0: none was.
	Event int64
	// Scopes and Notice are what a consent act was about: the scopes it names
	// and the version of the privacy notice that was shown. Empty in other entries.
	Scopes []string
	Notice string
	// Referrals is how many referrals were shown, and ReferralsDigest the keyed digest
	// of their ids, sorted, a line each (citizen.KeyedDigest, purpose
	// "audit-referrals", base64url). Zero where none was shown.
	Referrals       int
	ReferralsDigest string
	// Digest is the keyed digest of the canonical answer (purpose "audit-answer").
	// On a consent act it is the digest of the consent event (consent.Event.Digest).
	Digest    string
	Policy    string // version of the disclosure policy applied
	ValueSets string // version of the value sets applied
	// Stale says that what was shown was older than it should be, Partial that a source
	// or a part of an answer was missing. AsOf is the time for which it was put in
	// words, Age how much older its oldest part was then, in whole seconds; zero where
	// nothing was shown.
	Stale   bool
	Partial bool
	AsOf    time.Time
	Age     time.Duration
	// CorrelationID joins with other systems' logs. Retention removes it before the
	// rest; what stays holds a salted commitment to it.
	CorrelationID string
	// Before is set only on Pruned: entries with a lower sequence number keep their
	// leaf and may have lost what opens it, for their time to be kept is over.
	Before int64
	// Removes is set only on Erased: so many earlier entries of the list lost what opens
	// them, and Digest is [Removed.Digest] of them.
	Removes int
}

// Written says where the entries of one Append are in the log. The zero value
// proves nothing.
type Written struct {
	First int64 // sequence number of the first entry, from 0
	Count int
}

// Appender writes entries. It returns after they are durable. On any error the
// caller MUST NOT answer with data, because the act may be unrecorded.
type Appender interface {
	// Append writes all entries or none. An entry gets its time, or that of the entry
	// before it where that is later. The guard is judged in the transaction
	// that writes them, so no entry comes after the event that ended its right.
	// Errors: the guard errors (decide again, once), ErrInvalidEntry (also for
	// data with a zero Guard), ErrOutcomeUnknown, and any other, which is 503.
	Append(ctx context.Context, g Guard, entries ...Entry) (Written, error)
}
