package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// writer is the one goroutine of this process that writes under the lock of the log. Acts
// that arrive while it waits for the lock share its transaction.
type writer struct {
	config     *pgx.ConnConfig
	log        *slog.Logger
	panics     panics.Handler
	now        func() time.Time // nil: guards cannot be judged
	batchLimit int
	// command: this process is a command, and whatever it writes others are told of.
	command bool

	queue   *acts.Queue[*act]
	stopped chan struct{}
	changes *changes

	// The rest belongs to the goroutine.
	tx        *tx   // nil: the connection was lost
	committed int64 // entries that this process knows to be durable
}

func startWriter(ctx context.Context, config *pgx.ConnConfig, o Options, serve bool) (*writer, error) {
	w := &writer{
		config: config, log: o.Logger, panics: o.Panics, now: o.Now, batchLimit: o.BatchLimit, command: !serve,
		queue: acts.NewQueue[*act](o.QueueLimit), stopped: make(chan struct{}), changes: &changes{writer: newName()},
	}
	if err := w.reconnect(ctx); err != nil {
		return nil, err
	}
	end, err := readEnd(ctx, w.tx, `SELECT size, latest, edge, changes FROM log_head`)
	if err != nil {
		w.disconnect(ctx)
		return nil, err
	}
	w.committed, w.changes.known = end.edge.Size(), end.changes
	go w.run(context.WithoutCancel(ctx))
	return w, nil
}

// stop lets everything in the queue be written, and returns when it is.
func (w *writer) stop() {
	w.queue.Close()
	<-w.stopped
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	defer func() { w.disconnect(ctx) }()
	for first := range w.queue.Acts() {
		for waiting := []*act{first}; len(waiting) > 0; {
			waiting = w.batch(ctx, waiting)
		}
	}
}

// reconnect makes sure that the writer has its connection.
func (w *writer) reconnect(ctx context.Context) error {
	if w.tx != nil && !w.tx.IsClosed() {
		return nil
	}
	w.tx = nil
	conn, err := connect(ctx, w.config)
	if err != nil {
		return err
	}
	w.tx = &tx{conn}
	return nil
}

// disconnect ends the connection, and with it a transaction that is open.
func (w *writer) disconnect(ctx context.Context) {
	if w.tx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	_ = w.tx.Close(ctx)
	w.tx = nil
}
