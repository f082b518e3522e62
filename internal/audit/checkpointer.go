package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrForked says that the log is not a continuation of the last checkpoint that
// was signed for it. Nothing is signed any more; somebody has to find out why.
var ErrForked = errors.New("the audit log does not continue the last signed checkpoint")

// CheckpointerDeps are what a Checkpointer needs; all but Last and Failed are required.
type CheckpointerDeps struct {
	Log    Tree
	Signer note.Signer
	Sink   Sink
	Now    func() time.Time
	Logger *slog.Logger
	// Last is the newest checkpoint signed so far, as the sink knows it; nil: none.
	Last *Checkpoint
	// Failed hears of each checkpoint that was not published, for an alarm.
	Failed func()
}

// Checkpointer signs the log's state and publishes it, at an interval and on
// demand. It never signs a log that does not continue what it signed before.
type Checkpointer struct {
	d CheckpointerDeps

	mu   sync.Mutex
	last *Checkpoint
}

// NewCheckpointer checks d.
func NewCheckpointer(d CheckpointerDeps) (*Checkpointer, error) {
	if d.Log == nil || d.Signer == nil || d.Sink == nil || d.Now == nil || d.Logger == nil {
		return nil, errors.New("new checkpointer: log, signer, sink, now and logger are required")
	}
	return &Checkpointer{d: d, last: d.Last}, nil
}

// Publish signs the log as it stands and returns when the sink has it. Where
// nothing was appended since the last one, that one is given and nothing signed.
func (c *Checkpointer) Publish(ctx context.Context) (Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next, err := c.next(ctx)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("publish audit checkpoint: %w", err)
	}
	if c.last != nil && c.last.Size == next.Size {
		return *c.last, nil
	}
	signed, err := next.Sign(c.d.Signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("publish audit checkpoint: %w", err)
	}
	if err := c.d.Sink.Publish(ctx, signed); err != nil {
		return Checkpoint{}, fmt.Errorf("publish audit checkpoint: %w", err)
	}
	c.last = &next
	return next, nil
}

// next is the log as it stands, proved to continue the last checkpoint.
func (c *Checkpointer) next(ctx context.Context) (Checkpoint, error) {
	size, err := c.d.Log.Size(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := tlog.TreeHash(size, hashes(ctx, c.d.Log))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("compute root: %w", err)
	}
	next := Checkpoint{Origin: c.d.Signer.Name(), Size: size, Root: root, At: c.d.Now()}
	if c.last == nil {
		return next, nil
	}
	if size < c.last.Size {
		return Checkpoint{}, fmt.Errorf("%w: %d entries instead of %d", ErrForked, size, c.last.Size)
	}
	proof, err := ProveConsistency(ctx, c.d.Log, c.last.Size, size)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := proof.Check(*c.last, next); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrForked, err)
	}
	return next, nil
}

// Run publishes at once, at every interval, and a last time when ctx ends; then
// it returns. A failure is logged and tried again at the next turn.
func (c *Checkpointer) Run(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		c.publishAndTell(ctx)
		select {
		case <-t.C:
		case <-ctx.Done():
			c.publishAndTell(context.WithoutCancel(ctx))
			return
		}
	}
}

const publishTime = 10 * time.Second

func (c *Checkpointer) publishAndTell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	if _, err := c.Publish(ctx); err != nil {
		c.d.Logger.LogAttrs(ctx, slog.LevelError, "audit checkpoint was not published", slog.Any("error", err))
		if c.d.Failed != nil {
			c.d.Failed()
		}
	}
}
