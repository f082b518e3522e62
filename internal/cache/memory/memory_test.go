package memory_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
)

func item(value string, lifetime time.Duration) cache.Item[string] {
	at := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
	return cache.Item[string]{Value: value, FetchedAt: at, FreshUntil: at, KeepUntil: at.Add(lifetime)}
}

func TestItemsAreKeptAndDeleted(t *testing.T) {
	b := memory.New[string](8)
	b.Set(t.Context(), "k", item("a", time.Hour))
	if got, ok := b.Get(t.Context(), "k"); !ok || got != item("a", time.Hour) {
		t.Errorf("%+v, %t", got, ok)
	}
	b.Delete(t.Context(), "k")
	if got, ok := b.Get(t.Context(), "k"); ok {
		t.Errorf("kept %+v", got)
	}
}

func TestAnItemWithoutLifetimeIsNotKept(t *testing.T) {
	b := memory.New[string](8)
	for _, lifetime := range []time.Duration{0, -time.Hour} {
		b.Set(t.Context(), "k", item("a", time.Hour))
		b.Set(t.Context(), "k", item("b", lifetime))
		if got, ok := b.Get(t.Context(), "k"); ok {
			t.Errorf("kept %+v", got)
		}
	}
}

func TestTheNumberOfItemsIsBounded(t *testing.T) {
	const limit = 32
	b := memory.New[string](limit)
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() { b.Set(t.Context(), strconv.Itoa(i), item("a", time.Hour)) })
	}
	all.Wait()
	kept := 0
	for i := range 1000 {
		if _, ok := b.Get(t.Context(), strconv.Itoa(i)); ok {
			kept++
		}
	}
	if kept == 0 || kept > limit {
		t.Errorf("%d items are kept", kept)
	}
}
