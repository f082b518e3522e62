package oidc

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

const (
	// How long a document of the provider is used before it is read again. A key
	// that the provider withdraws is accepted for so long at most.
	fresh = time.Hour
	// How long an older document is used while the provider cannot be reached.
	oldest = 12 * time.Hour
	// How long an older document is used before the next try to read a new one.
	retryAfter = time.Minute
)

// remote keeps a document of the provider's. It is read at first use, so that
// this service starts without the provider. However many callers ask at the same time, the
// document is read once, and no caller waits longer than its own ctx.
type remote[T any] struct {
	now    func() time.Time
	panics panics.Handler
	read   func(ctx context.Context) (T, error)

	flight singleflight.Group

	mu       sync.Mutex
	current  *T // nil when nothing was read yet
	readAt   time.Time
	notUntil time.Time // after a failed read: when to try again while an older document is used
}

func newRemote[T any](now func() time.Time, h panics.Handler, read func(context.Context) (T, error)) *remote[T] {
	return &remote[T]{now: now, panics: h, read: read}
}

// get returns the document, or an older one while the provider cannot be reached.
func (r *remote[T]) get(ctx context.Context) (T, error) {
	older, isFresh := r.known()
	if isFresh {
		return *older, nil
	}
	current, err := r.reload(ctx)
	if err != nil && older != nil {
		return *older, nil
	}
	return current, err
}

// known returns the current document, nil when there is none or it is too old, and
// whether it can be used without reading it again.
func (r *remote[T]) known() (document *T, isFresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil {
		return nil, false
	}
	now := r.now()
	age := now.Sub(r.readAt)
	if age < 0 || age >= oldest {
		return nil, false
	}
	return r.current, age < fresh || now.Before(r.notUntil)
}

// reload reads the document again, or joins a read that is in progress.
func (r *remote[T]) reload(ctx context.Context) (T, error) {
	reading := r.flight.DoChan("", func() (any, error) {
		var document T
		// The read is for every caller, so it does not end with the first one's
		// request; the HTTP client bounds it in time.
		detached := context.WithoutCancel(ctx)
		err := r.panics.Contain(detached, "read provider document", func() (err error) {
			document, err = r.read(detached)
			return err
		})
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil {
			r.notUntil = r.now().Add(retryAfter)
			return document, err
		}
		r.current, r.readAt = &document, r.now()
		return document, nil
	})
	select {
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("wait for the provider: %w", ctx.Err())
	case done := <-reading:
		return done.Val.(T), done.Err //nolint:errcheck,wrapcheck // only the function above fills it
	}
}
