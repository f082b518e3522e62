package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// ErrPurged says that the key was purged while its value was loading, and that
// the value was dropped. A caller that is still entitled to it asks again.
var ErrPurged = errors.New("purged while loading")

// Outcome says where a value came from.
type Outcome string

// The outcomes.
const (
	Hit    Outcome = "hit"
	Loaded Outcome = "loaded"
	Stale  Outcome = "stale" // loading failed, and this older value was kept
)

// Result is a value and where it came from.
type Result[T any] struct {
	Value     T
	Outcome   Outcome
	FetchedAt time.Time
	// Err is why loading failed when the Outcome is Stale, else nil.
	Err error
}

// Load fetches a value and says how long it is fresh; a value with a lifetime of
// zero or less is not kept. The context is detached from the caller that came
// first and has its own deadline. Load MUST NOT change the value later.
type Load[T any] func(ctx context.Context) (value T, fresh time.Duration, err error)

// Options are what a Cache needs. StaleMax and MayServeStale are optional: without
// them a failed load is an error. Panics may be nil.
type Options struct {
	Name        string // for metrics, errors and the place of a panic
	Now         func() time.Time
	LoadTimeout time.Duration // deadline of one load
	StaleMax    time.Duration // how long after it stopped being fresh a value may be used after a failed load
	// MayServeStale reports whether an older value may be used after this error.
	MayServeStale func(error) bool
	// Refused reports whether an error says that what was loaded before may not be
	// used either: the older value is forgotten. It may be left out.
	Refused func(error) bool
	Observe func(cache string, o Outcome)
	Panics  panics.Handler
}

// Cache keeps values of one type. It is safe for concurrent use.
type Cache[T any] struct {
	o       Options
	backend Backend[T]
	shared  Shared[T] // the same backend, where other processes use it too; else nil
	flights singleflight.Group

	mu    sync.Mutex
	loads map[string]*flight // loads in progress by name, so that a purge can void them
}

type flight struct {
	mu   sync.Mutex // held while what came is kept, so that a purge is before or after it
	void bool
	// earlier is the load that Get began before this refresh. Once the refresh has
	// landed, what the earlier one brings is older.
	earlier *flight
	late    bool
}

// refreshing is the prefix of the name of a refresh's flight; no key has it.
const refreshing = "\x00refresh\x00"

// New returns a cache over a backend that no other cache uses.
func New[T any](backend Backend[T], o Options) *Cache[T] {
	shared, _ := backend.(Shared[T])
	return &Cache[T]{o: o, backend: backend, shared: shared, loads: map[string]*flight{}}
}

// Get returns the value of key: the one that is kept while it is fresh, otherwise
// a loaded one. However many callers ask at the same time, load runs once. The
// value is shared: callers MUST NOT change it.
func (c *Cache[T]) Get(ctx context.Context, key string, load Load[T]) (Result[T], error) {
	if r, fresh, ok := c.peek(ctx, key); ok && fresh {
		c.o.Observe(c.o.Name, Hit)
		return r, nil
	}
	return c.wait(ctx, key, c.flights.DoChan(key, c.contained(ctx, func() (Result[T], error) {
		return c.load(ctx, key, key, load, func(_ Result[T], fresh bool) bool { return fresh })
	})))
}

// Refresh is Get that loads even if a fresh value is kept, unless that is younger than
// floor. Callers that refresh at the same time share one load. It never joins a load
// that Get began, because that may have started before there was a reason to refresh.
func (c *Cache[T]) Refresh(ctx context.Context, key string, floor time.Duration, load Load[T]) (Result[T], error) {
	name := refreshing + key
	return c.wait(ctx, key, c.flights.DoChan(name, c.contained(ctx, func() (Result[T], error) {
		return c.load(ctx, name, key, load, func(r Result[T], fresh bool) bool { return fresh && c.o.Now().Sub(r.FetchedAt) < floor })
	})))
}

// Kept is the value that is kept of a key, and whether it is fresh. Nothing is loaded.
func (c *Cache[T]) Kept(ctx context.Context, key string) (r Result[T], fresh, ok bool) {
	return c.peek(ctx, key)
}

// contained makes a flight's function, which runs on a goroutine of its own. load
// contains what it calls; a panic in the backend is contained here.
func (c *Cache[T]) contained(ctx context.Context, do func() (Result[T], error)) func() (any, error) {
	return func() (any, error) {
		var r Result[T]
		err := c.o.Panics.Contain(ctx, "keep "+c.o.Name, func() (err error) {
			r, err = do()
			return err
		})
		return r, err
	}
}

// wait returns the result of a flight, or an older value when that is allowed.
func (c *Cache[T]) wait(ctx context.Context, key string, loaded <-chan singleflight.Result) (Result[T], error) {
	select {
	case <-ctx.Done():
		return Result[T]{}, fmt.Errorf("wait for %s: %w", c.o.Name, ctx.Err())
	case l := <-loaded:
		if l.Err == nil {
			r := l.Val.(Result[T]) //nolint:errcheck // only results come here
			c.o.Observe(c.o.Name, r.Outcome)
			return r, nil
		}
		if r, ok := c.stale(ctx, key, l.Err); ok {
			c.o.Observe(c.o.Name, Stale)
			return r, nil
		}
		return Result[T]{}, l.Err
	}
}

// Purge forgets the key and voids a load of it that is in progress.
func (c *Cache[T]) Purge(key string) {
	for _, name := range []string{key, refreshing + key} {
		c.mu.Lock()
		f := c.loads[name]
		c.flights.Forget(name)
		c.mu.Unlock()
		if f != nil {
			f.mu.Lock()
			f.void = true
			f.mu.Unlock()
		}
	}
	c.backend.Delete(context.Background(), key) // even if the request that asks for it ends
}

// load is one flight: what is kept if that is enough, otherwise what load brings.
func (c *Cache[T]) load(ctx context.Context, name, key string, load Load[T], enough func(r Result[T], fresh bool) bool) (Result[T], error) {
	f := c.begin(name, key)
	defer c.end(name, f)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.o.LoadTimeout)
	defer cancel()
	lock, kept, err := c.claim(ctx, key, name != key, enough)
	if err != nil || kept != nil {
		return c.landed(f, kept, err)
	}
	if lock != nil {
		defer lock.Release()
	}
	var value T
	var fresh time.Duration
	err = c.o.Panics.Contain(ctx, "load "+c.o.Name, func() (err error) {
		value, fresh, err = load(ctx)
		return err
	})

	f.mu.Lock()
	defer f.mu.Unlock()
	if f.void {
		return Result[T]{}, ErrPurged
	}
	if err != nil {
		if c.o.Refused != nil && c.o.Refused(err) {
			c.backend.Delete(ctx, key)
		}
		return Result[T]{}, err
	}
	r := Result[T]{Value: value, Outcome: Loaded, FetchedAt: c.o.Now()}
	if f.earlier != nil {
		f.earlier.mu.Lock()
		f.earlier.late = true
		f.earlier.mu.Unlock()
	}
	if fresh > 0 && !f.late {
		until := r.FetchedAt.Add(fresh)
		keep := c.backend.Set
		if lock != nil {
			keep = func(ctx context.Context, _ string, item Item[T]) { lock.Keep(ctx, item) }
		}
		keep(ctx, key, Item[T]{Value: value, FetchedAt: r.FetchedAt, FreshUntil: until, KeepUntil: until.Add(c.o.StaleMax)})
	}
	return r, nil
}

func (c *Cache[T]) begin(name, key string) *flight {
	f := &flight{}
	c.mu.Lock()
	defer c.mu.Unlock()
	if name != key {
		f.earlier = c.loads[key]
	}
	c.loads[name] = f
	return f
}

func (c *Cache[T]) end(name string, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loads[name] == f {
		delete(c.loads, name)
	}
}

// landed is the end of a flight that loaded nothing itself.
func (c *Cache[T]) landed(f *flight, kept *Result[T], err error) (Result[T], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil:
		return Result[T]{}, err
	case f.void:
		return Result[T]{}, ErrPurged
	}
	return *kept, nil
}

// claim finds what another flight or process brought, or makes this process the one
// that loads. lock is nil where no other process is to be kept from it.
func (c *Cache[T]) claim(ctx context.Context, key string, refresh bool, enough func(r Result[T], fresh bool) bool) (lock Lock[T], kept *Result[T], err error) {
	for {
		// A caller that looked just before an earlier flight ended is too late to join
		// it, and finds its value here. So does one that waited for another process.
		if r, fresh, ok := c.peek(ctx, key); ok && enough(r, fresh) {
			if lock != nil {
				lock.Release()
			}
			return nil, &r, nil
		}
		if c.shared == nil || lock != nil {
			return lock, nil, nil
		}
		var taken bool
		lock, taken = c.shared.Lock(ctx, key, refresh)
		switch {
		case ctx.Err() != nil && lock == nil:
			return nil, nil, fmt.Errorf("wait for %s: %w", c.o.Name, ctx.Err())
		case lock == nil && !taken:
			return nil, nil, nil
		}
	}
}

// clockSkew is how far the clocks of two processes may be apart.
const clockSkew = 2 * time.Second

func (c *Cache[T]) peek(ctx context.Context, key string) (r Result[T], fresh, ok bool) {
	i, ok := c.backend.Get(ctx, key)
	now := c.o.Now() // the backend may use another clock; this one decides
	if !ok || now.After(i.KeepUntil) {
		return r, false, false
	}
	r = Result[T]{Value: i.Value, Outcome: Hit, FetchedAt: i.FetchedAt}
	return r, now.Before(i.FreshUntil) && !now.Add(clockSkew).Before(i.FetchedAt), true
}

func (c *Cache[T]) stale(ctx context.Context, key string, why error) (Result[T], bool) {
	if c.o.MayServeStale == nil || errors.Is(why, ErrPurged) || !c.o.MayServeStale(why) {
		return Result[T]{}, false
	}
	r, _, ok := c.peek(ctx, key)
	r.Outcome, r.Err = Stale, why
	return r, ok
}
