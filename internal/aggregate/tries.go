package aggregate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

const (
	// RefreshFloor is the youngest that a reading may be when a refresh asks for another.
	// e-RS's quota belongs to all citizens together, and nothing changes there faster.
	RefreshFloor = 10 * time.Second
	// hold is how long a source that failed is not asked again for the same citizen.
	hold = 5 * time.Second
	// mostTries bounds the failures that this process remembers by itself.
	mostTries = 50_000
	// remembered is how long a failure is remembered where no try succeeds. Nothing that
	// was read before it is shown any more by then.
	remembered = 24 * time.Hour
)

// Try is the last try of a source, which failed, as a [cache.Backend] keeps it: in other
// processes too, so every field that counts is exported.
type Try struct {
	At time.Time
	// Failure is why, but for its cause.
	Issue      referral.Issue
	Kind       Kind
	NotStale   bool
	RetryAfter time.Duration
	Cause      string
	// Holds reports whether it says something about the source, and not about the
	// citizen's right to ask it, which a new sign-in can change.
	Holds bool
}

func tryOf(at time.Time, err error) Try {
	var own *Failure
	holds := errors.As(err, &own) && !own.NotStale && !errors.Is(err, ErrReauthenticate)
	f := failureOf(err)
	return Try{At: at, Issue: f.Issue, Kind: f.Kind, NotStale: f.NotStale, RetryAfter: f.RetryAfter, Cause: f.Cause.Error(), Holds: holds}
}

// stands reports whether the try stands for another one now.
func (t Try) stands(now time.Time) bool {
	age := now.Sub(t.At)
	return t.Holds && age > -hold && age < hold // the clocks of two processes differ a little
}

func (t Try) failure() *Failure {
	return &Failure{Issue: t.Issue, Kind: t.Kind, NotStale: t.NotStale, RetryAfter: t.RetryAfter, Cause: errors.New(t.Cause)}
}

// heldError says that a source was not asked, because a try failed just now.
type heldError struct{ try Try }

// Error implements error.
func (h *heldError) Error() string { return fmt.Sprintf("not asked again: %v", h.try.failure()) }

// Unwrap returns why that try failed.
func (h *heldError) Unwrap() error { return h.try.failure() }

// tries remember when asking a source for a citizen failed last, until a try
// succeeds: a worried person who pressed "check again" must not be told that it
// worked. Safe for concurrent use.
type tries struct{ kept cache.Backend[Try] }

// last is the failed try since the last that succeeded; ok: there is one.
func (t tries) last(ctx context.Context, key string) (try Try, ok bool) {
	item, ok := t.kept.Get(ctx, key)
	return item.Value, ok
}

func (t tries) fail(ctx context.Context, key string, now time.Time, err error) Try {
	last := tryOf(now, err)
	t.kept.Set(ctx, key, cache.Item[Try]{Value: last, FetchedAt: now, FreshUntil: now.Add(hold), KeepUntil: now.Add(remembered)})
	return last
}

func (t tries) forget(ctx context.Context, key string) { t.kept.Delete(ctx, key) }

// ownTries are those of one process. The oldest give way to others.
type ownTries struct {
	mu     sync.Mutex
	failed *simplelru.LRU[string, cache.Item[Try]]
}

func newOwnTries() *ownTries {
	failed, err := simplelru.NewLRU[string, cache.Item[Try]](mostTries, nil)
	if err != nil {
		panic(err) // unreachable: the size is positive
	}
	return &ownTries{failed: failed}
}

// Get implements cache.Backend.
func (t *ownTries) Get(_ context.Context, key string) (cache.Item[Try], bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed.Get(key)
}

// Set implements cache.Backend.
func (t *ownTries) Set(_ context.Context, key string, item cache.Item[Try]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed.Add(key, item)
}

// Delete implements cache.Backend.
func (t *ownTries) Delete(_ context.Context, key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed.Remove(key)
}
