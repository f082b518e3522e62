package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/staff/account"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// Errors of [Accept]. Nothing was changed.
var (
	// ErrOtherState says that the log is not in the state that was named. The error
	// names the one that it is in; look at it before you accept that.
	ErrOtherState = errors.New("the log is in another state than the one to accept")
	// ErrNoFork says that the log continues what was signed: nothing is to be accepted.
	ErrNoFork = errors.New("the log continues the last signed checkpoint")
)

// Log is the log as [Accept] needs it.
type Log interface {
	audit.Appender
	audit.Tree
}

// OneTimeValues are begun sign-ins and other values that can be used once.
type OneTimeValues interface {
	RemoveExpired(ctx context.Context, before time.Time) (int, error)
}

// Subjects are the rows that lead to people.
type Subjects interface {
	subject.Eraser
	// Subject is the row of a pseudonym, or citizen.ErrNoSubject.
	Subject(ctx context.Context, ref citizen.Ref) (citizen.Subject, error)
}

// Deps are what [Accept] needs; all fields are required. No service may run on them.
type Deps struct {
	Log      Log
	Consents consent.FullStore
	Sessions subject.Sessions
	Staff    account.Remover // of sessions
	OneTime  OneTimeValues
	Subjects Subjects
	Now      func() time.Time
}

// Request names what is accepted, by whom and why.
type Request struct {
	State string // size and root of the log, SIZE:ROOT, as ErrOtherState names it
	// Last is the last checkpoint that was signed for the log as it was.
	Last audit.Checkpoint
	// Erasures are those that were published before: the backup may have forgotten some.
	Erasures []audit.Erasure
	// Why names two people, see [subject.Two].
	Why subject.Ground
}

// Report is what was done.
type Report struct {
	Consents int // suspended
	Sessions int // ended
	Erased   int // people, again
}

// nameOf names a log: its size and the root of its tree.
func nameOf(c audit.Checkpoint) string { return fmt.Sprintf("%d:%s", c.Size, c.Root) }

func stateOf(ctx context.Context, log audit.Tree) (audit.Checkpoint, error) {
	size, err := log.Size(ctx)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("read the state of the log: %w", err)
	}
	root, err := tlog.TreeHash(size, audit.HashReader(ctx, log))
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("read the state of the log: %w", err)
	}
	return audit.Checkpoint{Size: size, Root: root}, nil
}

// Accept accepts a log that is not the one that was signed. Every consent is suspended
// until its citizen grants it again, who was erased is erased again, every session ends,
// and sign-ins that were begun are worth nothing. The entry about it names the state
// accepted and the last checkpoint of the old log. Afterwards the caller begins a new key for checkpoints: it is what
// lets the service show data again. If it is interrupted before, it can be done again,
// for the state that the log is in then.
func Accept(ctx context.Context, d Deps, r Request) (Report, error) {
	now, err := stateOf(ctx, d.Log)
	if err != nil {
		return Report{}, err
	}
	if nameOf(now) != r.State {
		return Report{}, fmt.Errorf("%w: it is %s", ErrOtherState, nameOf(now))
	}
	if forked, err := forked(ctx, d.Log, r.Last, now); err != nil {
		return Report{}, err
	} else if !forked {
		return Report{}, ErrNoFork
	}
	var done Report
	if done.Erased, err = eraseAgain(ctx, d, r.Erasures); err != nil {
		return done, fmt.Errorf("accept a fork: %w", err)
	}
	if done.Consents, err = consent.SuspendAll(ctx, d.Consents, d.Now()); err != nil {
		return done, fmt.Errorf("accept a fork: %w", err)
	}
	if done.Sessions, err = subject.SignOut(ctx, d.Sessions, r.Why.On(audit.Entry{
		Kind: audit.SignedOut, At: d.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded, Purpose: "session",
	})); err != nil {
		return done, fmt.Errorf("accept a fork: %w", err)
	}
	if err := account.EndAll(ctx, d.Staff, d.Now()); err != nil {
		return done, fmt.Errorf("accept a fork: %w", err)
	}
	if _, err := d.OneTime.RemoveExpired(ctx, d.Now().AddDate(100, 0, 0)); err != nil {
		return done, fmt.Errorf("accept a fork: %w", err)
	}
	_, err = d.Log.Append(ctx, audit.Guard{}, r.Why.On(audit.Entry{
		Kind: audit.ForkAccepted, At: d.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded,
		Purpose: fmt.Sprintf("state %s instead of %s; %d people erased again, %d consents suspended, %d sessions ended",
			nameOf(now), nameOf(r.Last), done.Erased, done.Consents, done.Sessions),
	}))
	if err != nil {
		return done, fmt.Errorf("accept a fork: %w", err)
	}
	return done, nil
}

// eraseAgain erases who was erased before and is known to the backup.
func eraseAgain(ctx context.Context, d Deps, erasures []audit.Erasure) (int, error) {
	erased := 0
	for _, e := range erasures {
		_, err := d.Subjects.Subject(ctx, e.Citizen)
		if errors.Is(err, citizen.ErrNoSubject) {
			continue
		}
		if err == nil {
			again := d.Subjects.EraseSubject
			if e.Openings {
				again = d.Subjects.EraseSubjectAndOpenings
			}
			err = again(ctx, e.Citizen, audit.Entry{
				Kind: audit.Erased, At: d.Now(), Citizen: e.Citizen, Actor: audit.ActorOperator, Outcome: audit.Succeeded,
				Purpose: "erasure", Ground: string(subject.Restored),
			})
		}
		if err != nil {
			return erased, fmt.Errorf("erase again: %w", err)
		}
		erased++
	}
	return erased, nil
}

// forked reports whether the log does not continue a checkpoint.
func forked(ctx context.Context, log Log, last, now audit.Checkpoint) (bool, error) {
	if now.Size < last.Size {
		return true, nil
	}
	p, err := audit.ProveConsistency(ctx, log, last.Size, now.Size)
	if err != nil {
		return false, fmt.Errorf("compare with the last checkpoint: %w", err)
	}
	return errors.Is(p.Check(last, now), audit.ErrNotProved), nil
}
