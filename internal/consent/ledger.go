package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// Errors of the ledger's acts.
var (
	// ErrNoConsent says that the citizen has no such consent, or that it is not
	// the asking client's. The caller answers as if it had never existed.
	ErrNoConsent = errors.New("no such consent")
	// ErrNoticeOutdated says that the version granted under is not the one in
	// force. Show the notice in force and ask again.
	ErrNoticeOutdated = errors.New("the privacy notice has changed")
	// ErrUnknownScope says that the notice in force does not cover a scope, so no
	// citizen can consent to it.
	ErrUnknownScope = errors.New("unknown consent scope")
	// ErrNoScope says that nothing was named to consent to. The citizen chooses at
	// least one thing.
	ErrNoScope = errors.New("no consent scope")
	// ErrUnknownClient says that no such client is registered, so no citizen can
	// consent to it.
	ErrUnknownClient = errors.New("unknown client")
	// ErrNotRecorded says that the store could not read or record consents, or that
	// it is not known whether it did. The caller MUST NOT report the act as done or
	// as not done, and tries again later.
	ErrNotRecorded = errors.New("the consent was not recorded")
	// ErrTooManyActs says that the citizen granted and withdrew so often within an hour
	// that another grant has to wait. Withdrawing never has to.
	ErrTooManyActs = errors.New("too many acts of consent within an hour")
	// ErrIdempotencyMismatch says that the key was used for another act already.
	// The caller makes a new key for a new act.
	ErrIdempotencyMismatch = errors.New("the idempotency key was already used for another act")
)

// NoticeOutdated is ErrNoticeOutdated with the version in force.
type NoticeOutdated struct{ InForce string }

// Error implements error.
func (n *NoticeOutdated) Error() string { return ErrNoticeOutdated.Error() }

// Unwrap returns the sentinel.
func (n *NoticeOutdated) Unwrap() error { return ErrNoticeOutdated }

// notRecorded marks errors of the store; errors of this package are returned unchanged.
func notRecorded(err error) error {
	for _, own := range []error{
		ErrNoConsent, ErrNoticeOutdated, ErrUnknownScope, ErrNoScope, ErrUnknownClient, ErrIdempotencyMismatch, ErrTooManyActs, ErrConflict, citizen.ErrNoSubject,
	} {
		if errors.Is(err, own) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrNotRecorded, err)
}

const (
	// DefaultLife is how long a consent lasts.
	DefaultLife = 365 * 24 * time.Hour

	defaultRemembered = 10_000
	attempts          = 8
)

// Deps are what a Ledger needs. Store, Notices, Now and NewID are required.
type Deps struct {
	Store   Store
	Notices *Notices
	Now     func() time.Time
	NewID   func() string // of consents: unique and not to be guessed
	// Life is how long a consent lasts; 0: DefaultLife.
	Life time.Duration
	// Known reports whether a client is registered; nil: every client is.
	Known func(client.ID) bool
	// Remembered bounds the citizens kept in memory; 0: 10,000.
	Remembered int
	// Panics is called for a panic while events are read. It may be nil.
	Panics panics.Handler
}

// Ledger grants, withdraws and decides on consents. It is safe for concurrent use.
type Ledger struct {
	d     Deps
	known known
}

// NewLedger checks d.
func NewLedger(d Deps) (*Ledger, error) {
	if d.Store == nil || d.Notices == nil || d.Now == nil || d.NewID == nil {
		return nil, errors.New("new consent ledger: store, notices, now and new id are required")
	}
	if d.Known == nil {
		d.Known = func(client.ID) bool { return true }
	}
	if d.Life <= 0 {
		d.Life = DefaultLife
	}
	if d.Remembered <= 0 {
		d.Remembered = defaultRemembered
	}
	k, err := newKnown(d.Remembered, d.Store.Events, d.Panics)
	if err != nil {
		return nil, err
	}
	return &Ledger{d: d, known: k}, nil
}

// Decide reports whether the client may have these scopes of this citizen now. It
// reads the store only for a citizen whom it does not remember; on an error the
// caller MUST treat everything as refused.
func (l *Ledger) Decide(ctx context.Context, ref citizen.Ref, id client.ID, scopes []Scope) (Decision, error) {
	events, err := l.known.events(ctx, ref)
	if err != nil {
		return Decision{}, fmt.Errorf("decide on consent: %w", err)
	}
	return Decide(events, Question{Client: id, Scopes: scopes, Notice: l.d.Notices.InForce(), Now: l.d.Now()}), nil
}

// List returns all of a citizen's consents, newest grant first; an empty list when there are none.
func (l *Ledger) List(ctx context.Context, ref citizen.Ref) ([]Consent, error) {
	events, err := l.known.events(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	out := []Consent{}
	for _, h := range slices.Backward(replay(events)) {
		out = append(out, h.consent(l.d.Notices.InForce(), l.d.Now()))
	}
	return out, nil
}

// Forget drops what is remembered of one citizen, so that the next question about
// them reads the store. Call it when the store refused a decision as outdated
// (audit.ErrConsentChanged): what is remembered may be older than what is stored.
func (l *Ledger) Forget(ref citizen.Ref) { l.known.byCitizen.Forget(ref) }

// ForgetAll drops everything that is remembered, so that the next question about
// any citizen reads the store. Call it when another process wrote to the store.
func (l *Ledger) ForgetAll() { l.known.byCitizen.ForgetAll() }

// act reads a citizen's events, lets next decide what to append, and records that
// event with its audit entry. When another act was recorded in between, it starts
// again. next returns nil when there is nothing to record.
//
// Once begun, recording is not cancelled when the caller goes away: otherwise an
// act could become durable without the projection's knowledge.
func (l *Ledger) act(ctx context.Context, ref citizen.Ref, correlationID string, next func([]Event) (*Event, error)) error {
	for range attempts {
		events, err := l.d.Store.Events(ctx, ref)
		if err != nil {
			return fmt.Errorf("read consents: %w", err)
		}
		e, err := next(events)
		if err != nil || e == nil {
			return err
		}
		e.Citizen = ref
		e.Seq = lastSeq(events) + 1
		err = l.d.Store.Record(context.WithoutCancel(ctx), e.Seq-1, *e, entry(*e, correlationID))
		if err == nil {
			l.known.committed(*e)
			return nil
		}
		l.known.byCitizen.Forget(ref) // the store decides which events are recorded
		if !errors.Is(err, ErrConflict) {
			return fmt.Errorf("record consent: %w", err)
		}
	}
	return ErrConflict
}

// entry is the audit entry of an event.
func entry(e Event, correlationID string) audit.Entry {
	a := audit.Entry{
		Kind: auditKind(e.Kind), At: e.At, Citizen: e.Citizen, Client: e.Client,
		Actor: actorOf(e.Kind), Outcome: audit.Succeeded,
		Consent: e.ID, Notice: e.Notice, Digest: e.Digest(), CorrelationID: correlationID,
	}
	for _, s := range e.Scopes {
		a.Scopes = append(a.Scopes, string(s))
	}
	return a
}

// actorOf is who brings an event about.
func actorOf(k Kind) audit.Actor {
	if k == Suspended {
		return audit.ActorOperator
	}
	return audit.ActorCitizen
}

func auditKind(k Kind) audit.Kind {
	switch k {
	case Granted:
		return audit.ConsentGranted
	case Renewed:
		return audit.ConsentRenewed
	case Suspended:
		return audit.ConsentSuspended
	default:
		return audit.ConsentWithdrawn
	}
}
