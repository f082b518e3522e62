package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"
	"golang.org/x/sync/singleflight"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// ErrPurged says that the key was purged while its value was loading. What was
// loaded is gone; a caller that still may ask can ask again.
var ErrPurged = errors.New("purged while loading")

// Mode tells what a caller wants.
type Mode int

// The modes.
const (
	// Cached takes a fresh value if there is one.
	Cached Mode = iota
	// Refresh loads even if a fresh value is there.
	Refresh
)

// Outcome tells where a value came from.
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

// Load fetches a value and tells how long it is fresh; a lifetime of zero or
// less means that it is not kept. The context is detached from the caller who
// happened to come first and has its own deadline.
type Load[T any] func(ctx context.Context) (value T, fresh time.Duration, err error)

// Options are what a Cache needs. StaleMax and MayServeStale may be left out:
// then a failed load is an error.
type Options struct {
	Name        string // separates sealed values of one cache from another's; names metrics
	Ring        *keys.Ring
	Now         func() time.Time
	LoadTimeout time.Duration // deadline of one load
	MaxEntries  int
	StaleMax    time.Duration // how long after its freshness a value may stand in for a failed load
	// MayServeStale tells whether an older value may stand in after this error.
	MayServeStale func(error) bool
	Observe       func(cache string, o Outcome)
}

// Cache keeps values of one type. It is safe for concurrent use.
type Cache[T any] struct {
	o       Options
	backend *gocache.Cache
	flights singleflight.Group

	mu    sync.Mutex
	loads map[string]*flight // loads under way by name, so that a purge can void them
}

type flight struct{ void bool }

// refreshing begins the name of a refresh's flight; no key begins so.
const refreshing = "\x00refresh\x00"

type item struct {
	sealed     []byte
	fetchedAt  time.Time
	freshUntil time.Time
}

// New makes an empty cache.
func New[T any](o Options) *Cache[T] {
	const janitor = time.Minute
	return &Cache[T]{o: o, backend: gocache.New(gocache.NoExpiration, janitor), loads: map[string]*flight{}}
}

// Get gives the value of key. However many callers ask at once, load runs once.
func (c *Cache[T]) Get(ctx context.Context, key string, mode Mode, load Load[T]) (Result[T], error) {
	if mode == Cached {
		if r, fresh, ok := c.peek(key); ok && fresh {
			c.o.Observe(c.o.Name, Hit)
			return r, nil
		}
	}
	// A refresh flies alone: joining one that may end in a hit would not be one.
	name := key
	if mode == Refresh {
		name = refreshing + key
	}
	loaded := c.flights.DoChan(name, func() (any, error) {
		// Whoever looked just before an earlier flight landed comes too late for it
		// and finds its value here.
		if r, fresh, ok := c.peek(key); ok && fresh && mode == Cached {
			return r, nil
		}
		return c.load(ctx, name, key, load)
	})
	select {
	case <-ctx.Done():
		return Result[T]{}, fmt.Errorf("wait for %s: %w", c.o.Name, ctx.Err())
	case l := <-loaded:
		if l.Err == nil {
			r := l.Val.(Result[T]) //nolint:errcheck // only results come here
			c.o.Observe(c.o.Name, r.Outcome)
			return r, nil
		}
		if r, ok := c.stale(key, l.Err); ok {
			c.o.Observe(c.o.Name, Stale)
			return r, nil
		}
		return Result[T]{}, l.Err
	}
}

// Purge forgets the key and voids a load of it that is under way.
func (c *Cache[T]) Purge(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.backend.Delete(key)
	for _, name := range []string{key, refreshing + key} {
		if f := c.loads[name]; f != nil {
			f.void = true
		}
		c.flights.Forget(name)
	}
}

func (c *Cache[T]) load(ctx context.Context, name, key string, load Load[T]) (Result[T], error) {
	f := &flight{}
	c.mu.Lock()
	c.loads[name] = f
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.o.LoadTimeout)
	defer cancel()
	value, fresh, err := load(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loads[name] == f {
		delete(c.loads, name)
	}
	if f.void {
		return Result[T]{}, ErrPurged
	}
	if err != nil {
		return Result[T]{}, err
	}
	r := Result[T]{Value: value, Outcome: Loaded, FetchedAt: c.o.Now()}
	return r, c.keep(key, r, fresh)
}

// keep is called with mu held.
func (c *Cache[T]) keep(key string, r Result[T], fresh time.Duration) error {
	if fresh <= 0 {
		return nil
	}
	plain, err := json.Marshal(r.Value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", c.o.Name, err)
	}
	if _, there := c.backend.Get(key); !there {
		c.makeRoom()
	}
	c.backend.Set(key, item{
		sealed:    c.o.Ring.Seal(c.purpose(), plain, []byte(key)),
		fetchedAt: r.FetchedAt, freshUntil: r.FetchedAt.Add(fresh),
	}, fresh+c.o.StaleMax)
	return nil
}

// makeRoom keeps the number of entries bounded. Where nothing has expired it
// drops a sixteenth of them, whichever, so that its cost is spread.
func (c *Cache[T]) makeRoom() {
	if c.backend.ItemCount() < c.o.MaxEntries {
		return
	}
	c.backend.DeleteExpired()
	items := c.backend.Items()
	excess := len(items) - c.o.MaxEntries + 1
	if excess > 0 {
		excess += c.o.MaxEntries / 16
	}
	for key := range items {
		if excess <= 0 {
			return
		}
		c.backend.Delete(key)
		excess--
	}
}

func (c *Cache[T]) peek(key string) (r Result[T], fresh, ok bool) {
	found, there := c.backend.Get(key)
	if !there {
		return r, false, false
	}
	i := found.(item) //nolint:errcheck // only keep stores here
	now := c.o.Now()
	// The backend expires by the machine's clock; Now decides.
	if now.Sub(i.freshUntil) > c.o.StaleMax {
		return r, false, false
	}
	plain, err := c.o.Ring.Open(c.purpose(), i.sealed, []byte(key))
	if err != nil {
		return r, false, false
	}
	if err := json.Unmarshal(plain, &r.Value); err != nil {
		return r, false, false
	}
	r.Outcome, r.FetchedAt = Hit, i.fetchedAt
	return r, now.Before(i.freshUntil) && !now.Before(i.fetchedAt), true
}

func (c *Cache[T]) stale(key string, why error) (Result[T], bool) {
	if c.o.MayServeStale == nil || errors.Is(why, ErrPurged) || !c.o.MayServeStale(why) {
		return Result[T]{}, false
	}
	r, _, ok := c.peek(key)
	r.Outcome, r.Err = Stale, why
	return r, ok
}

func (c *Cache[T]) purpose() string { return "cache/" + c.o.Name }
