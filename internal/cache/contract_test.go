package cache_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

type getter[T any] = func(context.Context, string, cache.Load[T]) (cache.Result[T], error)

// both are the two ways to get a value.
func both[T any](c *cache.Cache[T]) map[string]getter[T] {
	return map[string]getter[T]{"get": c.Get, "refresh": func(ctx context.Context, key string, load cache.Load[T]) (cache.Result[T], error) {
		return c.Refresh(ctx, key, 0, load)
	}}
}

func TestAPanicInALoadIsThatLoadsErrorOnly(t *testing.T) {
	var reports []*panics.Error
	c := cache.New(memory.New[string](8), cache.Options{
		Name: "test", Now: time.Now, LoadTimeout: time.Minute, Observe: func(string, cache.Outcome) {},
		Panics: func(_ context.Context, e *panics.Error) { reports = append(reports, e) },
	})
	faulty := func(context.Context) (string, time.Duration, error) { panic("fault in a loader") }
	for name, get := range both(c) {
		reports = nil
		var contained *panics.Error
		if _, err := get(t.Context(), name, faulty); !errors.As(err, &contained) {
			t.Errorf("%s: %v", name, err)
		}
		if len(reports) != 1 || reports[0].Place != "load test" {
			t.Errorf("%s: reported %v", name, reports)
		}
		if r, err := get(t.Context(), name, value("a", time.Minute)); err != nil || r.Value != "a" {
			t.Errorf("%s: the next one got %+v, %v", name, r, err)
		}
	}
}

// faultyBackend panics when it is given something to keep.
type faultyBackend struct{ cache.Backend[string] }

func (faultyBackend) Set(context.Context, string, cache.Item[string]) { panic("fault in a backend") }

func TestAPanicInABackendIsThatLoadsErrorOnly(t *testing.T) {
	var reports []*panics.Error
	c := cache.New[string](faultyBackend{memory.New[string](8)}, cache.Options{
		Name: "test", Now: time.Now, LoadTimeout: time.Minute, Observe: func(string, cache.Outcome) {},
		Panics: func(_ context.Context, e *panics.Error) { reports = append(reports, e) },
	})
	for name, get := range both(c) {
		reports = nil
		var contained *panics.Error
		if _, err := get(t.Context(), name, value("a", time.Minute)); !errors.As(err, &contained) || len(reports) != 1 {
			t.Errorf("%s: %v, reported %v", name, err, reports)
		}
		if r, err := get(t.Context(), name, value("a", 0)); err != nil || r.Value != "a" {
			t.Errorf("%s: what is not kept got %+v, %v", name, r, err)
		}
	}
}

// Under the race detector this finds a cache that changes what it hands out.
func TestEveryCallerGetsTheSameValue(t *testing.T) {
	type reading struct{ items []string }
	c := cache.New(memory.New[*reading](8), cache.Options{
		Name: "test", Now: time.Now, LoadTimeout: time.Minute, Observe: func(string, cache.Outcome) {},
	})
	loaded := &reading{items: []string{"a", "b"}}
	load := func(context.Context) (*reading, time.Duration, error) { return loaded, time.Minute, nil }
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			get := c.Get
			if i%10 == 0 {
				get = both(c)["refresh"]
			}
			r, err := get(t.Context(), "k", load)
			if err != nil || r.Value != loaded || len(r.Value.items) != 2 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	all.Wait()
}
