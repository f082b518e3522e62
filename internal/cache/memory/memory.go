package memory

import (
	"context"
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
)

// Backend keeps at most limit items. It is safe for concurrent use.
type Backend[T any] struct {
	limit int
	items *gocache.Cache

	mu sync.Mutex // held while items are added, so that the bound holds
}

// New returns an empty backend.
func New[T any](limit int) *Backend[T] {
	const cleaning = time.Minute
	return &Backend[T]{limit: limit, items: gocache.New(gocache.NoExpiration, cleaning)}
}

// Get implements cache.Backend.
func (b *Backend[T]) Get(_ context.Context, key string) (cache.Item[T], bool) {
	found, ok := b.items.Get(key)
	if !ok {
		return cache.Item[T]{}, false
	}
	item, ok := found.(cache.Item[T])
	return item, ok
}

// Set implements cache.Backend.
func (b *Backend[T]) Set(_ context.Context, key string, item cache.Item[T]) {
	lifetime := item.KeepUntil.Sub(item.FetchedAt)
	if lifetime <= 0 { // go-cache would keep it for ever
		b.items.Delete(key)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.items.Get(key); !there {
		b.shrink()
	}
	b.items.Set(key, item, lifetime)
}

// Delete implements cache.Backend.
func (b *Backend[T]) Delete(_ context.Context, key string) { b.items.Delete(key) }

// shrink makes space for one more item. If nothing has expired it drops a
// sixteenth of the items, in no order, so that its cost is spread.
func (b *Backend[T]) shrink() {
	if b.items.ItemCount() < b.limit {
		return
	}
	b.items.DeleteExpired()
	items := b.items.Items()
	excess := len(items) - b.limit + 1
	if excess > 0 {
		excess += b.limit / 16
	}
	for key := range items {
		if excess <= 0 {
			return
		}
		b.items.Delete(key)
		excess--
	}
}
