package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// How long a success is believed. A failure never is: it is tried again.
	writeTrusted  = 5 * time.Second
	writePatience = 3 * time.Second
)

// WriteHealth reports whether the log can be written: it tries. A service that can
// only read answers nobody (promise 2), so it must not be called ready.
type WriteHealth struct {
	try func(context.Context) error
	now func() time.Time

	mu sync.Mutex
	ok time.Time // when it was last known to work; zero: it is not known
}

// NewWriteHealth needs a try to write something that means nothing, on the same
// path that entries take; see [TryWriting].
func NewWriteHealth(try func(context.Context) error, now func() time.Time) *WriteHealth {
	return &WriteHealth{try: try, now: now}
}

// Ready returns what is wrong; nil when the log can be written.
func (h *WriteHealth) Ready(ctx context.Context) error {
	h.mu.Lock()
	ok := h.ok
	h.mu.Unlock()
	if age := h.now().Sub(ok); !ok.IsZero() && age >= 0 && age < writeTrusted {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	err := h.try(ctx)
	h.heard(err)
	if err != nil {
		return fmt.Errorf("the audit log cannot be written: %w", err)
	}
	return nil
}

func (h *WriteHealth) heard(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ok = h.now()
	if err != nil {
		h.ok = time.Time{}
	}
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
