package postgres

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// channel is what writers notify of changes, and watchers listen to.
const channel = "aggregator_changes"

// kept is how many rows of changes are kept.
const kept = 10_000

// changes are what other processes changed, as far as this one knows.
type changes struct {
	writer []byte // this process

	mu        sync.Mutex
	known     int64 // the newest row of changes that was looked at
	listeners []func(citizen.Ref)
}

func (c *changes) listen(f func(citizen.Ref)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, f)
}

// notice looks at the changes up to the newest one, and tells of those that others made. Who
// holds the lock of the log knows that it is the newest; who does not may come late.
func (c *changes) notice(ctx context.Context, q querier, newest int64, locked bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if newest == c.known || newest < c.known && !locked {
		return nil
	}
	refs, err := c.foreign(ctx, q, newest)
	if err != nil {
		return fmt.Errorf("read what others changed: %w", err)
	}
	for _, ref := range refs {
		for _, f := range c.listeners {
			f(ref)
		}
	}
	c.known = newest // only now: a listener that failed is called again
	return nil
}

// foreign is whose rows others changed; an empty ref: anybody's.
func (c *changes) foreign(ctx context.Context, q querier, newest int64) ([]citizen.Ref, error) {
	anybody := []citizen.Ref{""}
	if newest < c.known || newest-c.known > kept/2 { // another database, or too much was missed
		return anybody, nil
	}
	var refs []citizen.Ref
	rows, err := q.Query(ctx, `SELECT writer, coalesce(citizen, '') FROM changes WHERE n > $1 AND n <= $2`, c.known, newest)
	if err != nil {
		return nil, err
	}
	var writer []byte
	var ref citizen.Ref
	tag, err := pgx.ForEachRow(rows, []any{&writer, &ref}, func() error {
		if !bytes.Equal(writer, c.writer) {
			refs = append(refs, ref)
		}
		return nil
	})
	if err != nil || tag.RowsAffected() == newest-c.known && !slices.Contains(refs, "") {
		return refs, err
	}
	return anybody, nil
}

// skip notes changes that this process made after all others that it knows.
func (c *changes) skip(before, newest int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == before {
		c.known = newest
	}
}

// queue adds what the acts of a transaction changed to its last trip, behind the newest
// row, and returns the newest row then.
func (c *changes) queue(trip *pgx.Batch, newest int64, all []changed) int64 {
	var refs []*string
	loudly := false
	for _, one := range all {
		if one.anybody {
			refs = append(refs, nil)
		}
		for _, ref := range one.citizens {
			text := string(ref)
			refs = append(refs, &text)
		}
		loudly = loudly || !one.none() && !one.quietly
	}
	if len(refs) == 0 {
		return newest
	}
	trip.Queue(`INSERT INTO changes (n, writer, citizen) SELECT $1 + u.n, $2, u.citizen FROM unnest($3::text[]) WITH ORDINALITY AS u (citizen, n)`, newest, c.writer, refs)
	trip.Queue(`DELETE FROM changes WHERE n <= $1`, newest-kept)
	if loudly {
		trip.Queue(`SELECT pg_notify($1, '')`, channel)
	}
	return newest + int64(len(refs))
}

// watcher looks for changes of others while this process has nothing to write: when it is
// notified, and from time to time, so that a connection that hears nothing costs no more
// than that time.
type watcher struct {
	changes *changes
	config  *pgx.ConnConfig
	o       Options
	cancel  context.CancelFunc
	ended   chan struct{}
}

func watch(ctx context.Context, config *pgx.ConnConfig, c *changes, o Options) (*watcher, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &watcher{changes: c, config: config, o: o, cancel: cancel, ended: make(chan struct{})}
	conn, err := w.connect(ctx)
	if err != nil {
		cancel()
		return nil, err
	}
	go w.run(ctx, conn)
	return w, nil
}

// connect listens, and says that this process serves (alone.go).
func (w *watcher) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := connect(ctx, w.config)
	if err != nil {
		return nil, err
	}
	if err = present(ctx, conn); err == nil {
		_, err = conn.Exec(ctx, `LISTEN `+channel)
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("listen: %w", err)
	}
	return conn, nil
}

func (w *watcher) stop() {
	w.cancel()
	<-w.ended
}

func (w *watcher) run(ctx context.Context, conn *pgx.Conn) {
	defer close(w.ended)
	defer func() {
		if conn != nil {
			_ = conn.Close(context.WithoutCancel(ctx))
		}
	}()
	for ctx.Err() == nil {
		err := w.o.Panics.Contain(ctx, "notice foreign writes", func() (err error) {
			if conn == nil {
				if conn, err = w.connect(ctx); err != nil {
					return err
				}
			}
			defer func() {
				_ = conn.Close(context.WithoutCancel(ctx))
				conn = nil
			}()
			return w.listen(ctx, conn)
		})
		if err == nil || ctx.Err() != nil {
			continue
		}
		w.o.Logger.LogAttrs(ctx, slog.LevelWarn, "what other processes change is not heard of", slog.Any("error", err))
		pause, done := context.WithTimeout(ctx, w.o.WatchEvery)
		<-pause.Done()
		done()
	}
}

// listen watches on one connection until that fails.
func (w *watcher) listen(ctx context.Context, conn *pgx.Conn) error {
	for {
		if err := w.look(ctx, conn); err != nil {
			return err
		}
		wait, done := context.WithTimeout(ctx, w.o.WatchEvery)
		_, err := conn.WaitForNotification(wait)
		over := wait.Err() != nil
		done()
		if err != nil && (!over || ctx.Err() != nil || conn.IsClosed()) {
			return fmt.Errorf("listen: %w", err)
		}
	}
}

func (w *watcher) look(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, tripTime)
	defer cancel()
	var newest int64
	if err := conn.QueryRow(ctx, `SELECT changes FROM log_head`).Scan(&newest); err != nil {
		return fmt.Errorf("read what others changed: %w", err)
	}
	return w.changes.notice(ctx, conn, newest, false)
}
