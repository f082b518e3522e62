package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// How long an outcome is believed. A failure is believed for less long, so that
	// the service is ready again soon after the log can be written.
	successTrusted = 5 * time.Second
	failureTrusted = time.Second
	writePatience  = 3 * time.Second
)

// WriteHealth reports whether the log can be written: it tries. A service that can
// only read shows no data to anyone (promise 2), so it must not be called ready.
//
// Anybody may ask, as often as they like: callers at the same time share one try,
// and its outcome answers those who come in the seconds after it.
type WriteHealth struct {
	try func(context.Context) error
	now func() time.Time

	tries singleflight.Group

	mu  sync.Mutex
	at  time.Time // when the outcome was heard of; zero: never
	err error     // the outcome
}

// NewWriteHealth needs a try to write something that means nothing, on the same
// path that entries take; see [TryWriting].
func NewWriteHealth(try func(context.Context) error, now func() time.Time) *WriteHealth {
	return &WriteHealth{try: try, now: now}
}

// Ready returns what is wrong; nil when the log can be written.
func (h *WriteHealth) Ready(ctx context.Context) error {
	known, err := h.recent()
	if !known {
		_, err, _ = h.tries.Do("", func() (any, error) {
			// A caller who came just after the last try must not make another one.
			if known, err := h.recent(); known {
				return nil, err
			}
			// It serves others too, who may wait after the first caller has left.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writePatience)
			defer cancel()
			err := h.try(ctx)
			h.heard(err)
			return nil, err
		})
	}
	if err != nil {
		return fmt.Errorf("the audit log cannot be written: %w", err)
	}
	return nil
}

// recent returns the last outcome, while it can be believed.
func (h *WriteHealth) recent() (known bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	trusted := successTrusted
	if h.err != nil {
		trusted = failureTrusted
	}
	age := h.now().Sub(h.at)
	return !h.at.IsZero() && age >= 0 && age < trusted, h.err
}

func (h *WriteHealth) heard(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at, h.err = h.now(), err
}

// Recording returns an Appender that records the outcome of every append here.
func (h *WriteHealth) Recording(a Appender) Appender { return healthRecordingAppender{a, h} }

type healthRecordingAppender struct {
	Appender

	health *WriteHealth
}

// Append implements Appender.
func (a healthRecordingAppender) Append(ctx context.Context, g Guard, entries ...Entry) (Written, error) {
	r, err := a.Appender.Append(ctx, g, entries...)
	// A malformed entry, a decision that was overtaken and a caller who left say
	// nothing about the log.
	if ctx.Err() == nil && !errors.Is(err, ErrInvalidEntry) && !IsGuardError(err) {
		a.health.heard(err)
	}
	return r, err
}

// oneTimeValues is what a try to write needs of the store.
type oneTimeValues interface {
	Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error
}

// TryWriting puts a one-time value that has expired already; housekeeping removes
// it. It takes the same path through the store's writer as entries do.
func TryWriting(values oneTimeValues, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		var name [32]byte
		_, _ = rand.Read(name[:]) // never fails: it ends the program instead
		return values.Put(ctx, "readiness", name, nil, now())
	}
}
