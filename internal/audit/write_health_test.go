package audit_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

type appender func() error

func (a appender) Append(context.Context, audit.Guard, ...audit.Entry) (audit.Written, error) {
	return audit.Written{}, a()
}

func TestWriteHealth(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	setUp := func() (h *audit.WriteHealth, fault *error, tries *int, now *time.Time) {
		fault, tries, now = new(error), new(int), new(time.Time)
		*now = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		h = audit.NewWriteHealth(func(context.Context) error { *tries++; return *fault }, func() time.Time { return *now })
		return h, fault, tries, now
	}
	t.Run("a failed append makes it not ready at once, without waiting for a look", func(t *testing.T) {
		t.Parallel()
		h, fault, _, _ := setUp()
		if err := h.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		*fault = full
		w := h.Recording(appender(func() error { return full }))
		if _, err := w.Append(t.Context(), audit.Guard{}, audit.Entry{}); !errors.Is(err, full) {
			t.Fatal(err)
		}
		if err := h.Ready(t.Context()); !errors.Is(err, full) {
			t.Errorf("ready: %v", err)
		}
	})
	t.Run("it is ready again a second after it can be written, though nobody appends", func(t *testing.T) {
		t.Parallel()
		h, fault, _, now := setUp()
		*fault = full
		if err := h.Ready(t.Context()); !errors.Is(err, full) {
			t.Fatal(err)
		}
		*fault = nil
		*now = now.Add(time.Second)
		if err := h.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a failure is believed for a moment too, so that asking writes no more than working does", func(t *testing.T) {
		t.Parallel()
		h, fault, tries, _ := setUp()
		*fault = full
		for range 10 {
			if err := h.Ready(t.Context()); !errors.Is(err, full) {
				t.Fatal(err)
			}
		}
		if *tries != 1 {
			t.Errorf("%d tries", *tries)
		}
	})
	t.Run("a crowd makes one try, which lasts longer than the caller who began it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int32
			release := make(chan struct{})
			h := audit.NewWriteHealth(func(ctx context.Context) error {
				tries.Add(1)
				select {
				case <-release:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}, time.Now)
			first, leave := context.WithCancel(t.Context())
			const crowd = 20
			outcomes := make(chan error, crowd)
			go func() { outcomes <- h.Ready(first) }()
			synctest.Wait()
			for range crowd - 1 {
				go func() { outcomes <- h.Ready(t.Context()) }()
			}
			synctest.Wait()
			leave()
			synctest.Wait()
			close(release)
			for range crowd {
				if err := <-outcomes; err != nil {
					t.Error(err)
				}
			}
			if n := tries.Load(); n != 1 {
				t.Errorf("%d tries", n)
			}
		})
	})
	t.Run("a success is believed for a moment only", func(t *testing.T) {
		t.Parallel()
		h, fault, tries, now := setUp()
		for range 10 {
			if err := h.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if *tries != 1 {
			t.Errorf("%d tries", *tries)
		}
		*fault = full
		*now = now.Add(5 * time.Second)
		if err := h.Ready(t.Context()); !errors.Is(err, full) {
			t.Errorf("ready: %v", err)
		}
	})
	t.Run("a malformed entry, a decision or change that was overtaken and a caller who left say nothing of the log", func(t *testing.T) {
		t.Parallel()
		h, _, tries, _ := setUp()
		if err := h.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			audit.ErrInvalidEntry, audit.ErrConsentChanged, audit.ErrSessionEnded, audit.ErrClientEnded, audit.ErrPast, audit.ErrOvertaken,
		} {
			_, _ = h.Recording(appender(func() error { return err })).Append(t.Context(), audit.Guard{})
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		_, _ = h.Recording(appender(func() error { return context.Canceled })).Append(gone, audit.Guard{})
		if err := h.Ready(t.Context()); err != nil || *tries != 1 {
			t.Errorf("ready: %v after %d tries", err, *tries)
		}
	})
}
