package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// writer is the one goroutine that writes. A single act is committed immediately;
// acts that arrive during a transaction share the next one.
type writer struct {
	path       string // of the database
	log        *slog.Logger
	panics     panics.Handler
	pool       *sql.DB
	batchLimit int
	watchEvery time.Duration // 0: foreign writes are not watched for

	gate    sync.RWMutex // held for reading while an act enters the queue
	closed  bool
	queue   chan *act
	stopped chan struct{}

	mu        sync.Mutex
	listeners []func()

	// The rest belongs to the goroutine.
	tx          *tx   // nil: the connection was lost
	tree        *tree // nil: read it from the database
	committed   int64 // entries that this process knows to be durable
	dataVersion int64
}

func startWriter(ctx context.Context, path string, pool *sql.DB, o Options, serve bool) (*writer, error) {
	w := &writer{
		path: path, log: o.Logger, panics: o.Panics, pool: pool, batchLimit: o.BatchLimit,
		queue: make(chan *act, o.QueueLimit), stopped: make(chan struct{}),
	}
	if serve {
		w.watchEvery = o.WatchEvery
	}
	if err := w.reconnect(ctx); err != nil {
		return nil, err
	}
	go w.run(context.WithoutCancel(ctx))
	return w, nil
}

// submit waits until the act is durable or failed, or the caller gives up.
func (w *writer) submit(ctx context.Context, a *act) (int64, error) {
	if err := w.enqueue(ctx, a); err != nil {
		return 0, err
	}
	select {
	case o := <-a.done:
		return o.first, o.err
	case <-ctx.Done():
	}
	if a.state.CompareAndSwap(waiting, givenUp) {
		return 0, fmt.Errorf("not written: %w", context.Cause(ctx))
	}
	select {
	case o := <-a.done: // it ended just now, so the outcome is known
		return o.first, o.err
	default:
		return 0, fmt.Errorf("%w: %w", audit.ErrOutcomeUnknown, context.Cause(ctx))
	}
}

func (w *writer) enqueue(ctx context.Context, a *act) error {
	w.gate.RLock()
	defer w.gate.RUnlock()
	if w.closed {
		return ErrClosed
	}
	if ctx.Err() != nil {
		return fmt.Errorf("not written: %w", context.Cause(ctx))
	}
	select {
	case w.queue <- a:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("not written: %w", context.Cause(ctx))
	}
}

// stop lets everything in the queue be written, and returns when it is.
func (w *writer) stop() {
	w.gate.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.gate.Unlock()
	<-w.stopped
}

func (w *writer) listen(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listeners = append(w.listeners, f)
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	defer w.disconnect()
	defer w.saveHeads(ctx, true)
	var tick <-chan time.Time
	if w.watchEvery > 0 {
		t := time.NewTicker(w.watchEvery)
		defer t.Stop()
		tick = t.C
	}
	quiet := true // nothing was written since the last tick
	ticks := 0    // since the table of heads was brought up to date
	for {
		select {
		case a, ok := <-w.queue:
			if !ok {
				return
			}
			w.batches(ctx, w.gather(a))
			quiet = false
		case <-tick:
			w.watch(ctx)
			if ticks++; ticks >= saveTicks {
				w.saveHeads(ctx, quiet) // under load only a step: batches do the others
				ticks = 0
			}
			quiet = true
		}
	}
}

// batches writes acts in turn, in as few transactions as may be.
func (w *writer) batches(ctx context.Context, acts []*act) {
	for len(acts) > 0 {
		n := 1
		for !acts[0].byItself && n < len(acts) && !acts[n].byItself {
			n++
		}
		w.batch(ctx, acts[:n:n])
		acts = acts[n:]
	}
}

// gather takes what waits besides the first act, without waiting for more.
func (w *writer) gather(first *act) []*act {
	acts := []*act{first}
	for len(acts) < w.batchLimit {
		select {
		case a, ok := <-w.queue:
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
