package approval

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// carryOutTime bounds an act that goes on although who approved it has left.
const carryOutTime = 5 * time.Minute

// Approve approves a proposal and carries it out, also if the caller leaves meanwhile. If
// that is interrupted, who approved it can do so again. Errors: ErrNone, ErrOwn, ErrNobodys,
// ErrDecided; what refused the act when it was to be done (audit.ErrHeld, audit.ErrNoHold,
// audit.ErrNotWithheld, subject.ErrUnknown), with which the proposal has failed; and any
// other, after which it can be approved again.
func (d *Desk) Approve(ctx context.Context, id string, by Decider) (Proposal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, err := d.Proposal(ctx, id)
	if err != nil {
		return Proposal{}, fmt.Errorf("approve: %w", err)
	}
	p.Ground = p.Ground.By(by.Names)
	if same, err := d.d.SamePerson(ctx, p.By, by.Actor); err != nil {
		return Proposal{}, fmt.Errorf("approve: %w", err)
	} else if same {
		return Proposal{}, ErrOwn
	}
	again := p.State == Approved && p.DecidedBy == by.Actor // it was interrupted
	now := d.d.Now()
	switch {
	case p.By == audit.ActorService && by.Names == "":
		return Proposal{}, ErrNobodys
	case !again && !p.IsOpen(now), p.Check(now, p.Citizen != "") != nil:
		return Proposal{}, ErrDecided
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), carryOutTime)
	defer cancel()
	if again {
		if done, err := d.done(ctx, p); err != nil || done {
			return d.settle(ctx, p, err)
		}
		return d.finish(ctx, p)
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
	d.mu.Lock()
	defer d.mu.Unlock()
	p, err := d.Proposal(ctx, id)
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
	return d.settle(ctx, p, d.carryOut(ctx, p))
}

// settle notes how an act ended. Where it is not known, the proposal stays approved.
func (d *Desk) settle(ctx context.Context, p Proposal, err error) (Proposal, error) {
	switch {
	case err == nil:
		p.State = Done
	case refused(err):
		p.State = Failed
	default:
		return Proposal{}, fmt.Errorf("carry out %s: %w", p.Kind, err)
	}
	if decided := d.d.Store.Decide(ctx, p.ID, Approved, p.State, p.DecidedBy, p.DecidedAt, audit.Entry{}); decided != nil {
		return Proposal{}, errors.Join(err, fmt.Errorf("carry out %s: %w", p.Kind, decided))
	}
	return p, err
}

// doneBy is the kind of entry that says that an act was done; empty: doing it again does no
// harm, and goes on where it was interrupted.
func (k Kind) doneBy() audit.Kind {
	switch k {
	case Lift:
		return audit.HoldLifted
	case Erasure:
		return audit.Erased
	case Withhold:
		return audit.Withheld
	case Retention, SignOut, Hold:
	}
	return ""
}

// done reports whether the log says that the act was done.
func (d *Desk) done(ctx context.Context, p Proposal) (bool, error) {
	kind := p.Kind.doneBy()
	if kind == "" {
		return false, nil
	}
	found, err := d.d.Log.Find(ctx, audit.Filter{Act: p.ID, Kinds: []audit.Kind{kind}, Outcome: audit.Succeeded, Since: p.At}, 0, 1)
	if err != nil {
		return false, fmt.Errorf("look whether it was done: %w", err)
	}
	return len(found) > 0, nil
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
		_, err := d.d.Retention.Remove(ctx, p.Plan, d.entry(audit.Pruned, p, p.DecidedBy))
		return err
	}
	return ErrInvalid
}
