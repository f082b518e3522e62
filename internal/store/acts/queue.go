package acts

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrClosed says that the store is shutting down; nothing was written.
var ErrClosed = errors.New("store is closed")

// Queue is what waits for the writer. It is safe for concurrent use.
type Queue[A Queued] struct {
	gate   sync.RWMutex // held for reading while an act enters
	closed bool
	acts   chan A
}

// NewQueue makes a queue of so many places; further callers wait in line until their
// context ends.
func NewQueue[A Queued](limit int) *Queue[A] { return &Queue[A]{acts: make(chan A, limit)} }

// Submit waits until the act is durable or failed, or the caller gives up. It returns the
// sequence number of the first entry. Errors: ErrClosed; audit.ErrOutcomeUnknown when the
// caller gives up while it is being written; those of the act.
func (q *Queue[A]) Submit(ctx context.Context, a A) (int64, error) {
	if err := q.enter(ctx, a); err != nil {
		return 0, err
	}
	act := a.Queued()
	select {
	case o := <-act.done:
		return o.First, o.Err
	case <-ctx.Done():
	}
	if act.state.CompareAndSwap(waiting, givenUp) {
		return 0, fmt.Errorf("not written: %w", context.Cause(ctx))
	}
	select {
	case o := <-act.done: // it ended just now, so the outcome is known
		return o.First, o.Err
	default:
		return 0, fmt.Errorf("%w: %w", audit.ErrOutcomeUnknown, context.Cause(ctx))
	}
}

func (q *Queue[A]) enter(ctx context.Context, a A) error {
	q.gate.RLock()
	defer q.gate.RUnlock()
	if q.closed {
		return ErrClosed
	}
	if ctx.Err() != nil {
		return fmt.Errorf("not written: %w", context.Cause(ctx))
	}
	select {
	case q.acts <- a:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("not written: %w", context.Cause(ctx))
	}
}

// Acts are what waits. The channel is closed once the queue is, and empty.
func (q *Queue[A]) Acts() <-chan A { return q.acts }

// Gather adds what waits to acts, up to a limit, without waiting for more.
func (q *Queue[A]) Gather(acts []A, limit int) []A {
	for len(acts) < limit {
		select {
		case a, ok := <-q.acts:
			if !ok {
				return acts
			}
			acts = append(acts, a)
		default:
			return acts
		}
	}
	return acts
}

// Close refuses later acts. What waits can still be taken.
func (q *Queue[A]) Close() {
	q.gate.Lock()
	defer q.gate.Unlock()
	if !q.closed {
		q.closed = true
		close(q.acts)
	}
}
