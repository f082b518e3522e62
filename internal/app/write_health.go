package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

const (
	// How long a success is believed. A failure never is: it is tried again.
	writeTrusted  = 5 * time.Second
	writePatience = 3 * time.Second
)

// writeHealth tells whether the log can be written: it tries. A service that can
// only read answers nobody (promise 2), so it must not be called ready.
type writeHealth struct {
	// try writes something that means nothing, on the very way that entries take.
	try func(context.Context) error
	now func() time.Time

	mu sync.Mutex
	ok time.Time // when it was last known to work; zero: it is not known
}

// ready tells what is wrong; nil when the log can be written. Once it can again,
// it is ready again.
func (h *writeHealth) ready(ctx context.Context) error {
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

func (h *writeHealth) heard(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ok = h.now()
	if err != nil {
		h.ok = time.Time{}
	}
}

// watching tells readiness of every append at once.
type watching struct {
	audit.Appender

	health *writeHealth
}

// Append implements audit.Appender.
func (w watching) Append(ctx context.Context, entries ...audit.Entry) (audit.Receipt, error) {
	r, err := w.Appender.Append(ctx, entries...)
	// Neither a malformed entry nor a caller who left says anything of the log.
	if ctx.Err() == nil && !errors.Is(err, audit.ErrInvalidEntry) {
		w.health.heard(err)
	}
	return r, err
}

// oneTimeValues is what a try to write needs of the store.
type oneTimeValues interface {
	Put(ctx context.Context, kind string, hash [32]byte, value []byte, expiresAt time.Time) error
}

// tryWriting puts a one-time value that has expired already; housekeeping removes
// it. It takes the writer's whole way, which reads the log's end too.
func tryWriting(values oneTimeValues, now func() time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		var name [32]byte
		_, _ = rand.Read(name[:]) // never fails: it ends the program instead
		return values.Put(ctx, "readiness", name, nil, now())
	}
}
