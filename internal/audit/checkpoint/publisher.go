package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// ErrForked says that the log is not a continuation of the last checkpoint that
// was signed for it. Nothing is signed any more; somebody has to find out why.
var ErrForked = errors.New("the audit log does not continue the last signed checkpoint")

// Deps are what a Publisher needs; all but Last, ReadBack, Erasures, Leads, Failed and Panics
// are required.
type Deps struct {
	Log     audit.Tree
	Signers []note.Signer // of one name; each signs every note
	Sink    Sink
	Now     func() time.Time
	Logger  *slog.Logger
	// Last is the newest checkpoint signed so far, as the sink knows it; nil: none.
	Last *audit.Checkpoint
	// Resend says that it is not known whether the sink has Last: it is published again.
	Resend bool
	// ReadBack reads what the sinks keep, or what was added since the last time, by all
	// who have a key. Where it cannot tell, ErrNotReadBack. nil: there is nothing to read.
	ReadBack func(context.Context) ([]audit.Checkpoint, error)
	// Erasures are published before the next checkpoint, from the entry ErasuresFrom on;
	// nil: none are.
	Erasures     audit.Erasures
	ErasuresFrom int64
	// Leads reports whether this process is the one that signs; the others compare only.
	// nil: it is.
	Leads func(context.Context) (bool, error)
	// Failed hears of each checkpoint that was not published, for an alarm.
	Failed func()
	Panics panics.Handler
}

// Publisher signs the log's state and publishes it, at an interval and on
// demand. It never signs a log that does not continue what it signed before.
type Publisher struct {
	d Deps

	signing sync.Mutex // held while sinks are waited for
	last    *audit.Checkpoint
	asked   *audit.Checkpoint // signed for somebody who asked, and not published
	resend  bool
	erased  int64 // erasures of entries below are published

	state sync.Mutex // held for a moment: answers to citizens wait for it
	// failed is why the last checkpoint was not published; a fork stays.
	failed error
	// proved says that the log was compared since the start, and continued what was signed.
	proved bool
}

// New checks d.
func New(d Deps) (*Publisher, error) {
	if d.Log == nil || len(d.Signers) == 0 || d.Sink == nil || d.Now == nil || d.Logger == nil {
		return nil, errors.New("new publisher: log, signers, sink, now and logger are required")
	}
	return &Publisher{d: d, last: d.Last, resend: d.Resend, erased: d.ErasuresFrom}, nil
}

// Publish signs the current log and returns when the sink has it. If nothing was
// appended since the last checkpoint, it returns that one and signs nothing. Where another
// process leads, that one publishes, and what is returned was only compared.
func (p *Publisher) Publish(ctx context.Context) (audit.Checkpoint, error) {
	p.signing.Lock()
	defer p.signing.Unlock()
	if p.Forked() { // what was read back is not read again
		return audit.Checkpoint{}, p.Failed()
	}
	c, err := p.publish(ctx)
	p.ended(err)
	return c, err
}

// Compare reports whether the log continues the last signed checkpoint, and publishes
// nothing. Errors: ErrForked, ErrNotReadBack, or that the log cannot be read.
func (p *Publisher) Compare(ctx context.Context) error {
	p.signing.Lock()
	defer p.signing.Unlock()
	_, err := p.next(ctx)
	if errors.Is(err, ErrForked) {
		p.ended(err)
	}
	return err
}

// ErrNotProved says that the log was not yet compared with what the sinks keep. Wait:
// [Publisher.Run] tries again.
var ErrNotProved = errors.New("the audit log was not yet compared with what the checkpoint sinks keep")

// Proved returns nil when the log was compared, since the start, with everything that was
// signed for it and can be read back, and nothing shows a fork; ErrForked or ErrNotProved
// otherwise. It waits for no sink. Only a log that is proved may be shown.
func (p *Publisher) Proved() error {
	p.state.Lock()
	defer p.state.Unlock()
	switch {
	case errors.Is(p.failed, ErrForked):
		return p.failed
	case !p.proved:
		return ErrNotProved
	}
	return nil
}

// ended notes why a checkpoint was not published; nil: it was.
func (p *Publisher) ended(err error) {
	p.state.Lock()
	defer p.state.Unlock()
	p.failed = err
}

// Failed is why the last checkpoint was not published; nil when it was. It does not wait
// for one that is being published.
func (p *Publisher) Failed() error {
	p.state.Lock()
	defer p.state.Unlock()
	return p.failed
}

// Forked reports whether the log was found not to continue what was signed. It stays so:
// somebody has to find out why.
func (p *Publisher) Forked() bool { return errors.Is(p.Failed(), ErrForked) }

func (p *Publisher) publish(ctx context.Context) (audit.Checkpoint, error) {
	next, err := p.next(ctx)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("publish audit checkpoint: %w", err)
	}
	if p.d.Leads != nil {
		if leads, err := p.d.Leads(ctx); err != nil || !leads { // another process publishes it
			return next, err
		}
	}
	if err := p.publishErasures(ctx); err != nil {
		return audit.Checkpoint{}, fmt.Errorf("publish erasures: %w", err)
	}
	if p.last != nil && p.last.Size == next.Size {
		if !p.resend {
			return *p.last, nil
		}
		next = *p.last
	}
	signed, err := Sign(next, p.d.Signers...)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("publish audit checkpoint: %w", err)
	}
	if err := p.d.Sink.Publish(ctx, signed); err != nil {
		return audit.Checkpoint{}, fmt.Errorf("publish audit checkpoint: %w", err)
	}
	p.last, p.resend = &next, false
	return next, nil
}

// publishErasures tells the sink who was erased since the last time.
func (p *Publisher) publishErasures(ctx context.Context) error {
	if p.d.Erasures == nil {
		return nil
	}
	found, err := p.d.Erasures.Erasures(ctx, p.erased)
	if err != nil {
		return err
	}
	for _, e := range found {
		signed, err := SignErasure(e, p.d.Signers...)
		if err != nil {
			return err
		}
		if err := p.d.Sink.Publish(ctx, signed); err != nil {
			return err
		}
		p.erased = e.Seq + 1
	}
	return nil
}

// Signed is a checkpoint with the note that proves it.
type Signed struct {
	audit.Checkpoint

	Note []byte
}

// PublishSigned publishes as [Publisher.Publish] does and returns the
// signed note too: Ed25519 makes the same signature for the same text, so it is
// the one that the sink has.
func (p *Publisher) PublishSigned(ctx context.Context) (Signed, error) {
	published, err := p.Publish(ctx)
	if err != nil {
		return Signed{}, err
	}
	signed, err := Sign(published, p.d.Signers...)
	if err != nil {
		return Signed{}, err
	}
	return Signed{published, signed}, nil
}

// SignedNow signs the current log and publishes nothing: for somebody who asks. From
// then on, in this process, the log has to continue that too.
func (p *Publisher) SignedNow(ctx context.Context) (Signed, error) {
	p.signing.Lock()
	defer p.signing.Unlock()
	if p.Forked() {
		return Signed{}, p.Failed()
	}
	now, err := p.next(ctx)
	if errors.Is(err, ErrForked) {
		p.ended(err)
	}
	if err != nil {
		return Signed{}, fmt.Errorf("sign the log: %w", err)
	}
	signed, err := Sign(now, p.d.Signers...)
	if err != nil {
		return Signed{}, err
	}
	p.asked = &now
	return Signed{now, signed}, nil
}

// SignedAt signs what the log was when it had size entries, for an export that was made
// then, with the current time. It publishes nothing.
func (p *Publisher) SignedAt(ctx context.Context, size int64) (Signed, error) {
	now, err := p.SignedNow(ctx)
	if err != nil {
		return Signed{}, err
	}
	if size < 0 || size > now.Size {
		return Signed{}, fmt.Errorf("sign an earlier checkpoint: the log has %d entries, not %d", now.Size, size)
	}
	root, err := tlog.TreeHash(size, audit.HashReader(ctx, p.d.Log))
	if err != nil {
		return Signed{}, fmt.Errorf("sign an earlier checkpoint: compute root: %w", err)
	}
	earlier := audit.Checkpoint{Origin: now.Origin, Size: size, Root: root, At: p.d.Now()}
	signed, err := Sign(earlier, p.d.Signers...)
	if err != nil {
		return Signed{}, err
	}
	return Signed{earlier, signed}, nil
}

// next is the current log, proved to continue the last checkpoint and everything that
// was signed for this log and can be read back.
func (p *Publisher) next(ctx context.Context) (audit.Checkpoint, error) {
	var published []audit.Checkpoint
	if p.d.ReadBack != nil { // before the size is read: a command can add an entry and a checkpoint at any time
		var err error
		if published, err = p.d.ReadBack(ctx); err != nil {
			return audit.Checkpoint{}, err
		}
	}
	size, err := p.d.Log.Size(ctx)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	root, err := tlog.TreeHash(size, audit.HashReader(ctx, p.d.Log))
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("compute root: %w", err)
	}
	next := audit.Checkpoint{Origin: p.d.Signers[0].Name(), Size: size, Root: root, At: p.d.Now()}
	for _, c := range []*audit.Checkpoint{p.last, p.asked} {
		if c != nil {
			published = append(published, *c)
		}
	}
	for _, c := range published {
		if err := p.continues(ctx, c, next); err != nil {
			return audit.Checkpoint{}, err
		}
	}
	p.state.Lock()
	defer p.state.Unlock()
	p.proved = true
	return next, nil
}

// continues reports, as ErrForked, that the log does not continue what its keys signed:
// it was replaced, or somebody else signs another log with a key.
func (p *Publisher) continues(ctx context.Context, c, next audit.Checkpoint) error {
	if next.Size < c.Size {
		return fmt.Errorf("%w: %d entries instead of %d", ErrForked, next.Size, c.Size)
	}
	proof, err := audit.ProveConsistency(ctx, p.d.Log, c.Size, next.Size)
	if err != nil {
		return err
	}
	if err := proof.Check(c, next); err != nil {
		return fmt.Errorf("%w: %w", ErrForked, err)
	}
	return nil
}

// notProvedInterval is how often it is tried again while nothing may be shown.
const notProvedInterval = 5 * time.Second

// Run publishes immediately and at every interval until ctx ends. A failure is
// logged and tried again at the next interval; after 5 seconds while the log is not
// proved. The last checkpoint is left to [Publisher.Close]: requests in progress when ctx
// ends still add entries.
func (p *Publisher) Run(ctx context.Context, every time.Duration) {
	for {
		waited := p.Proved() != nil
		p.publishOrLog(ctx)
		wait := every
		switch err := p.Proved(); {
		case errors.Is(err, ErrNotProved):
			wait = min(every, notProvedInterval)
		case err == nil && waited:
			p.d.Logger.LogAttrs(ctx, slog.LevelInfo, "the log continues what the checkpoint sinks keep: data is shown")
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

const closeTime = 5 * time.Second

// Close publishes the last checkpoint, once nothing is appended any more. A forked
// log was reported before, by every Publish.
func (p *Publisher) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	if _, err := p.Publish(ctx); err != nil && !errors.Is(err, ErrForked) {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}

const publishTime = 10 * time.Second

func (p *Publisher) publishOrLog(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	err := p.d.Panics.Contain(ctx, "publish checkpoint", func() error {
		_, err := p.Publish(ctx)
		return err
	})
	if err != nil {
		p.d.Logger.LogAttrs(ctx, slog.LevelError, "audit checkpoint was not published", slog.Any("error", err))
		if p.d.Failed != nil {
			p.d.Failed()
		}
	}
}
