package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
)

// until asks again and again until what is asked for is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for !so() {
		select {
		case <-every.C:
		case <-ctx.Done():
			t.Fatal("it did not come to be")
		}
	}
}

func TestWhatCameWhileRedisWasLostIsSharedWhenItIsBack(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	server := redistest.Start(t)
	one, other := d.replica(server.URL()), d.replica(server.URL())
	if _, err := one.Get(t.Context(), "k", value("before")); err != nil {
		t.Fatal(err)
	}
	server.Hang()
	d.clock.Advance(time.Second)
	if r, err := one.Refresh(t.Context(), "k", 0, value("meanwhile")); err != nil || r.Value != "meanwhile" {
		t.Fatalf("%+v, %v", r, err)
	}
	one.has(t, "meanwhile")
	server.Wake()
	until(t, func() bool {
		one.has(t, "meanwhile") // never the older value again
		r, _, ok := other.Kept(t.Context(), "k")
		return ok && r.Value == "meanwhile"
	})
}

func TestWhatAnotherReplicaLoadedLaterCounts(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	server := redistest.Start(t)
	one, other := d.replica(server.Slow(5*time.Second)), d.replica(server.URL())
	two := d.replica(server.URL())
	if _, err := one.Get(t.Context(), "k", value("here only")); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(time.Second)
	if _, err := other.Get(t.Context(), "k", value("later")); err != nil {
		t.Fatal(err)
	}
	one.has(t, "here only") // Redis cannot be asked
	two.has(t, "later")
}

func TestWhatWasDeletedWhileRedisWasLostStaysDeleted(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	server := redistest.Start(t)
	one, other := d.replica(server.URL()), d.replica(server.URL())
	if _, err := one.Get(t.Context(), "k", value("a")); err != nil {
		t.Fatal(err)
	}
	server.Hang()
	one.Purge("k")
	one.has(t, "")
	server.Wake()
	until(t, func() bool {
		one.has(t, "")
		_, _, there := other.Kept(t.Context(), "k")
		return !there && len(server.Keys()) == 0
	})
	if r, err := one.Get(t.Context(), "k", value("b")); err != nil || r.Value != "b" {
		t.Fatalf("%+v, %v", r, err)
	}
	until(t, func() bool { r, _, _ := other.Kept(t.Context(), "k"); return r.Value == "b" })
}
