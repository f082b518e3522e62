package redis

import (
	"context"
	"errors"
	"io"
	"reflect"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// Event is something that operators should see in the metrics.
type Event string

// The events.
const (
	Unreadable Event = "unreadable" // Redis has bytes that cannot be opened; they count as nothing
	Local      Event = "local"      // Redis was not reached: this process kept or looked by itself
	Waited     Event = "waited"     // another process was loading
	Overtaken  Event = "overtaken"  // the lock ended during the load, and what came was not kept
)

// Deps are what a Backend needs; all but Panics are required.
type Deps struct {
	Redis *goredis.Client
	Ring  *keys.Ring
	// Name is of what is kept, such as "reading"; Version is the program's.
	Name, Version string
	// Limit is how many items are kept in this process at most while Redis is lost.
	Limit   int
	Now     func() time.Time
	Random  io.Reader
	Observe func(name string, e Event)
	Panics  panics.Handler
}

// Backend implements cache.Shared. It is safe for concurrent use. T MUST come out of
// JSON as it went in.
type Backend[T any] struct {
	d     Deps
	scope string // precedes each key
	// here has what Redis could not be told.
	here *memory.Backend[untold[T]]
}

// untold is an item that Redis did not take, or a deletion that it did not carry out.
type untold[T any] struct {
	item    cache.Item[T]
	deleted bool
}

// remembered is how long a deletion that Redis did not carry out is remembered. What
// Redis has is gone by then.
const remembered = 24 * time.Hour

// New returns a backend. What it shares with others is what has the same ring, name,
// version and type.
func New[T any](d Deps) *Backend[T] {
	scope := d.Name + "\x00" + d.Version + "\x00" + shape(reflect.TypeFor[T]()) + "\x00"
	return &Backend[T]{d: d, scope: scope, here: memory.New[untold[T]](d.Limit)}
}

// Get implements cache.Backend: the later of what Redis has and what it could not be told.
func (b *Backend[T]) Get(ctx context.Context, key string) (cache.Item[T], bool) {
	here, untold := b.here.Get(ctx, key)
	item, found, err := b.read(ctx, b.namesOf(key)[0].value)
	switch {
	case !untold:
		return item, found
	case err != nil:
		return here.Value.item, !here.Value.deleted
	case found && item.FetchedAt.After(here.FetchedAt):
		b.here.Delete(ctx, key)
		return item, true
	case here.Value.deleted:
		b.Delete(ctx, key)
		return cache.Item[T]{}, false
	}
	b.Set(ctx, key, here.Value.item)
	return here.Value.item, true
}

// read is what Redis has under a name. An error says that it was not reached.
func (b *Backend[T]) read(ctx context.Context, name string) (cache.Item[T], bool, error) {
	box, err := b.d.Redis.Get(ctx, name).Bytes()
	if errors.Is(err, goredis.Nil) {
		return cache.Item[T]{}, false, nil
	}
	if err != nil {
		b.d.Observe(b.d.Name, Local)
		return cache.Item[T]{}, false, err //nolint:wrapcheck // nobody reads it
	}
	item, err := b.open(name, box)
	if err != nil {
		b.d.Observe(b.d.Name, Unreadable)
		return cache.Item[T]{}, false, nil //nolint:nilerr // Redis was reached
	}
	return item, true, nil
}

// Set implements cache.Backend.
func (b *Backend[T]) Set(ctx context.Context, key string, item cache.Item[T]) {
	lifetime := item.KeepUntil.Sub(item.FetchedAt)
	if lifetime <= 0 {
		b.Delete(ctx, key)
		return
	}
	name := b.namesOf(key)[0].value
	box, err := b.seal(name, item)
	if err == nil {
		err = b.d.Redis.Set(ctx, name, box, max(lifetime, time.Millisecond)).Err()
	}
	b.told(ctx, key, item, err)
}

// told remembers an item that Redis was to keep if it does not.
func (b *Backend[T]) told(ctx context.Context, key string, item cache.Item[T], err error) {
	if err == nil {
		b.here.Delete(ctx, key)
		return
	}
	b.d.Observe(b.d.Name, Local)
	b.here.Set(ctx, key, cache.Item[untold[T]]{
		Value: untold[T]{item: item}, FetchedAt: item.FetchedAt, FreshUntil: item.FreshUntil, KeepUntil: item.KeepUntil,
	})
}

// Delete implements cache.Backend. It ends the locks too, so that a load in progress
// in another process is not kept. While Redis is lost the item is deleted for this
// process, and in Redis when this process looks for it again.
func (b *Backend[T]) Delete(ctx context.Context, key string) {
	var all []string
	for _, at := range b.namesOf(key) {
		all = append(all, at.value, at.load, at.refresh)
	}
	var err error
	for i := 0; i < len(all) && err == nil; i += 3 { // one node of a cluster at a time
		err = b.d.Redis.Del(ctx, all[i:i+3]...).Err()
	}
	if err == nil {
		b.here.Delete(ctx, key)
		return
	}
	b.d.Observe(b.d.Name, Local)
	now := b.d.Now()
	b.here.Set(ctx, key, cache.Item[untold[T]]{Value: untold[T]{deleted: true}, FetchedAt: now, FreshUntil: now, KeepUntil: now.Add(remembered)})
}

var _ cache.Shared[int] = (*Backend[int])(nil)
