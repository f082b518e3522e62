package cache

import (
	"context"
	"time"
)

// Item is a value with its times, as a [Backend] keeps it.
type Item[T any] struct {
	Value      T
	FetchedAt  time.Time
	FreshUntil time.Time
	KeepUntil  time.Time // later than FreshUntil when it may be used after a failed load
}

// Backend keeps items. It is safe for concurrent use. A backend that cannot be
// reached behaves like an empty one: it finds nothing and keeps nothing.
//
// A backend within the process returns the same value that was set. A backend
// outside the process MUST seal what it keeps, bound to the key.
type Backend[T any] interface {
	Get(ctx context.Context, key string) (Item[T], bool)
	// Set keeps an item for as long as its FetchedAt is before its KeepUntil. An
	// item without such a lifetime is not kept.
	Set(ctx context.Context, key string, item Item[T])
	// Delete removes an item. When it returns, no later Get can find the item.
	Delete(ctx context.Context, key string)
}
