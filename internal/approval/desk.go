package approval

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Log is the log as a [Desk] needs it.
type Log interface {
	audit.Appender
	audit.Withholder
	audit.Finder
}

// Deps are what a [Desk] needs; all fields are required.
type Deps struct {
	Store     Store
	Log       Log
	Rights    *subject.Rights
	Retention audit.Retention
	// SamePerson reports whether two actors of entries are one person: an account of staff
	// has another pseudonym after the key ring was changed.
	SamePerson func(ctx context.Context, a, b audit.Actor) (bool, error)
	Now        func() time.Time
	NewID      func() string
}

// Desk takes proposals and carries them out, one at a time. It is safe for concurrent use.
type Desk struct {
	d  Deps
	mu sync.Mutex // held while one is decided and carried out
}

// New checks d.
func New(d Deps) (*Desk, error) {
	if d.Store == nil || d.Log == nil || d.Rights == nil || d.Retention.Store == nil || d.SamePerson == nil || d.Now == nil || d.NewID == nil {
		return nil, errors.New("new desk: all dependencies are required")
	}
	return &Desk{d: d}, nil
}

// Propose takes a proposal, of which ID, At, List and State are set here. What needs no
// second person is carried out at once, and then nothing else is kept of it than its
// entry. Retention is of what is due now. Errors: ErrInvalid,
// ErrNothingDue, and those of [Desk.Approve].
func (d *Desk) Propose(ctx context.Context, p Proposal) (Proposal, error) {
	now := d.d.Now()
	p.ID, p.At, p.State, p.DecidedBy, p.DecidedAt = d.d.NewID(), now, Open, "", time.Time{}
	if err := p.Check(now, p.Citizen != ""); err != nil {
		return Proposal{}, err
	}
	if p.Kind == Retention {
		var err error
		if p.Plan, err = d.d.Retention.Plan(ctx); err != nil {
			return Proposal{}, fmt.Errorf("propose: %w", err)
		}
		if p.Plan.Due.Openings == 0 && p.Plan.Due.Consents == 0 {
			return Proposal{}, ErrNothingDue
		}
	}
	if p.Citizen != "" {
		list, err := d.d.Log.ListOf(ctx, p.Citizen)
		if err != nil && !errors.Is(err, audit.ErrNoList) {
			return Proposal{}, fmt.Errorf("propose: %w", err)
		}
		p.List = list
	}
	if !p.Kind.NeedsTwo() {
		p.State, p.DecidedBy, p.DecidedAt = Done, p.By, now
		return p, d.carryOut(ctx, p)
	}
	if err := d.d.Store.Propose(ctx, p, d.entry(audit.ActProposed, p, p.By)); err != nil {
		return Proposal{}, fmt.Errorf("propose: %w", err)
	}
	return p, nil
}

// Proposals are those of the last time, oldest first: open ones, and what became of the
// others.
func (d *Desk) Proposals(ctx context.Context) ([]Proposal, error) {
	found, err := d.d.Store.Proposals(ctx, d.d.Now().Add(-Kept))
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	return found, nil
}

// Proposal is one of them, or ErrNone.
func (d *Desk) Proposal(ctx context.Context, id string) (Proposal, error) {
	p, err := d.d.Store.Proposal(ctx, id)
	if err != nil {
		return Proposal{}, fmt.Errorf("read a proposal: %w", err)
	}
	return p, nil
}

// Kept is how long a proposal can be read. The log has its steps for longer.
const Kept = 90 * 24 * time.Hour

// Tidy removes what is not kept any more.
func (d *Desk) Tidy(ctx context.Context) error {
	if err := d.d.Store.RemoveProposals(ctx, d.d.Now().Add(-Kept)); err != nil {
		return fmt.Errorf("remove old proposals: %w", err)
	}
	return nil
}

// ProposeRetention proposes, in the service's name, to remove what is due. It proposes
// nothing while an earlier proposal is open or being carried out, or where nothing is due.
func (d *Desk) ProposeRetention(ctx context.Context) error {
	all, err := d.Proposals(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Kind == Retention && (p.IsOpen(d.d.Now()) || p.State == Approved) {
			return nil
		}
	}
	why, err := subject.ParseGround(string(subject.TimeOver), "", "")
	if err != nil {
		return fmt.Errorf("propose retention: %w", err)
	}
	if _, err = d.Propose(ctx, Proposal{Kind: Retention, Ground: why, By: audit.ActorService}); errors.Is(err, ErrNothingDue) {
		return nil
	}
	return err
}

// entry is the entry of a step of an act.
func (d *Desk) entry(k audit.Kind, p Proposal, by audit.Actor) audit.Entry {
	return p.Ground.On(audit.Entry{
		Kind: k, At: d.d.Now(), Actor: by, Citizen: p.Citizen, Outcome: audit.Succeeded, Purpose: string(p.Kind), Reason: p.what(), Act: p.ID,
	})
}
