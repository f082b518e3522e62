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

// Shared is a [Backend] that other processes use too. With its locks one process loads
// a key while the others wait for what it brings. A Shared that cannot be reached
// keeps items within this process until it can be reached again.
type Shared[T any] interface {
	Backend[T]
	// Lock asks to be the process that loads a key. A refresh and another load do not
	// wait for each other; a lock for a refresh ends one that is no refresh.
	//
	// A nil Lock and true: another process has it. Lock has waited a moment; the caller
	// looks whether the item is there before it asks again. A nil Lock and false:
	// nobody can be asked, and the caller loads without one.
	Lock(ctx context.Context, key string, refresh bool) (l Lock[T], taken bool)
}

// Lock is held by the one process that loads a key. It ends with Release, soon after
// its process stopped, and when the key is deleted by any process.
type Lock[T any] interface {
	// Keep is Set while the lock is held. It keeps nothing when the lock has ended:
	// another process may have loaded later or deleted the key.
	Keep(ctx context.Context, item Item[T])
	// Release MUST be called once.
	Release()
}
