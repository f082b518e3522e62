package approval

import (
	"context"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Decider is who decides on a proposal.
type Decider struct {
	Actor audit.Actor
	// Names are what two people at the command line say that they are called; empty for a
	// member of staff.
	Names string
}

// Approve approves a proposal and carries it out. If that is interrupted, who approved it
// can do so again. Errors: ErrNone, ErrOwn, ErrNobodys, ErrDecided; what refused the act when it was
// to be done (audit.ErrHeld, audit.ErrNoHold, audit.ErrNotWithheld, subject.ErrUnknown),
// with which the proposal has failed; and any other, after which it can be approved again.
func (d *Desk) Approve(ctx context.Context, id string, by Decider) (Proposal, error) {
	p, err := d.d.Store.Proposal(ctx, id)
	if err != nil {
		return Proposal{}, fmt.Errorf("approve: %w", err)
	}
	p.Ground = p.Ground.By(by.Names)
	now := d.d.Now()
	switch {
	case p.By == by.Actor:
		return Proposal{}, ErrOwn
	case p.By == audit.ActorService && by.Names == "":
		return Proposal{}, ErrNobodys
	case p.State == Approved && p.DecidedBy == by.Actor: // it was interrupted
		return d.finish(ctx, p)
	case !p.IsOpen(now):
		return Proposal{}, ErrDecided
	}
	if err := d.d.Store.Decide(ctx, id, Open, Approved, by.Actor, now, d.entry(audit.ActApproved, p, by.Actor)); err != nil {
		return Proposal{}, fmt.Errorf("approve: %w", err)
	}
	p.State, p.DecidedBy, p.DecidedAt = Approved, by.Actor, now
	return d.finish(ctx, p)
}

// Reject ends a proposal without doing it. Who proposed it can do that too. Errors:
// ErrNone, ErrDecided.
func (d *Desk) Reject(ctx context.Context, id string, by Decider) (Proposal, error) {
	p, err := d.d.Store.Proposal(ctx, id)
	if err != nil {
		return Proposal{}, fmt.Errorf("reject: %w", err)
	}
	p.Ground = p.Ground.By(by.Names)
	now := d.d.Now()
	if !p.IsOpen(now) {
		return Proposal{}, ErrDecided
	}
	if err := d.d.Store.Decide(ctx, id, Open, Rejected, by.Actor, now, d.entry(audit.ActRejected, p, by.Actor)); err != nil {
		return Proposal{}, fmt.Errorf("reject: %w", err)
	}
	p.State, p.DecidedBy, p.DecidedAt = Rejected, by.Actor, now
	return p, nil
}

// finish carries out what is approved.
func (d *Desk) finish(ctx context.Context, p Proposal) (Proposal, error) {
	err := d.carryOut(ctx, p)
	switch {
	case err == nil:
		p.State = Done
	case refused(err):
		p.State = Failed
	default:
		return Proposal{}, fmt.Errorf("carry out %s: %w", p.Kind, err)
	}
	if decided := d.d.Store.Decide(ctx, p.ID, Approved, p.State, p.DecidedBy, p.DecidedAt, audit.Entry{}); decided != nil && !errors.Is(decided, ErrDecided) {
		return Proposal{}, errors.Join(err, fmt.Errorf("carry out %s: %w", p.Kind, decided))
	}
	return p, err
}

// refused reports whether an act will not succeed at a second try either.
func refused(err error) bool {
	for _, is := range []error{audit.ErrHeld, audit.ErrNoHold, audit.ErrNotWithheld, subject.ErrUnknown} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// carryOut does the act in the name of who decided.
func (d *Desk) carryOut(ctx context.Context, p Proposal) error {
	rights := d.d.Rights.As(p.DecidedBy, p.ID)
	switch p.Kind {
	case SignOut:
		_, err := rights.SignOutRef(ctx, p.Citizen, p.Ground)
		return err
	case Hold:
		_, err := rights.HoldRef(ctx, p.Citizen, p.Ground)
		return err
	case Lift:
		return rights.Lift(ctx, p.Hold, p.Ground)
	case Erasure:
		_, err := rights.EraseRef(ctx, p.Citizen, p.Extent, p.Ground)
		return err
	case Withhold:
		return d.d.Log.Withhold(ctx, audit.Withholding{Seq: p.Seq, Until: p.Until}, d.entry(audit.Withheld, p, p.DecidedBy))
	case Retention:
		_, err := d.d.Retention.Remove(ctx, p.At, p.Before, d.entry(audit.Pruned, p, p.DecidedBy))
		return err
	}
	return ErrInvalid
}
