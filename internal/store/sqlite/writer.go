package sqlite

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
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
	toMove     bool          // write although the database was moved

	queue   *acts.Queue[*act]
	stopped chan struct{}

	mu        sync.Mutex
	listeners []func(citizen.Ref)

	// The rest belongs to the goroutine.
	tx          *tx   // nil: the connection was lost
	tree        *tree // nil: read it from the database
	committed   int64 // entries that this process knows to be durable
	dataVersion int64
}

func startWriter(ctx context.Context, path string, pool *sql.DB, o Options, serve bool) (*writer, error) {
	w := &writer{
		path: path, log: o.Logger, panics: o.Panics, pool: pool, batchLimit: o.BatchLimit,
		queue: acts.NewQueue[*act](o.QueueLimit), stopped: make(chan struct{}), toMove: o.toMove,
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

// stop lets everything in the queue be written, and returns when it is.
func (w *writer) stop() {
	w.queue.Close()
	<-w.stopped
}

func (w *writer) listen(f func(citizen.Ref)) {
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
		case a, ok := <-w.queue.Acts():
			if !ok {
				return
			}
			w.batches(ctx, w.queue.Gather([]*act{a}, w.batchLimit))
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
func (w *writer) batches(ctx context.Context, waiting []*act) {
	for len(waiting) > 0 {
		n := acts.Together(waiting)
		w.batch(ctx, waiting[:n:n])
		waiting = waiting[n:]
	}
}
