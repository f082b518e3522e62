package cache_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	cacheredis "github.com/patient-care-aggregator/aggregator/internal/cache/redis"
	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
)

var errDown = errors.New("down")

func newCache(t *testing.T, c *clocktest.Clock, limit int) *cache.Cache[string] {
	t.Helper()
	return over(c, memory.New[string](limit))
}

func over(c *clocktest.Clock, backend cache.Backend[string]) *cache.Cache[string] {
	return cache.New(backend, cache.Options{
		Name: "test", Now: c.Now, LoadTimeout: time.Minute,
		StaleMax:      time.Hour,
		MayServeStale: func(err error) bool { return errors.Is(err, errDown) },
		Observe:       func(string, cache.Outcome) {},
	})
}

func value(v string, fresh time.Duration) cache.Load[string] {
	return func(context.Context) (string, time.Duration, error) { return v, fresh, nil }
}

func failure(err error) cache.Load[string] {
	return func(context.Context) (string, time.Duration, error) { return "", 0, err }
}

func TestCache(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		contract(t, func(t *testing.T, c *clocktest.Clock) *cache.Cache[string] { return newCache(t, c, 8) })
	})
	t.Run("in Redis", func(t *testing.T) {
		server := redistest.Start(t)
		contract(t, func(t *testing.T, c *clocktest.Clock) *cache.Cache[string] {
			return over(c, inRedis(t, server.URL(), c, t.Name()))
		})
	})
	t.Run("in a Redis that is lost", func(t *testing.T) {
		contract(t, func(t *testing.T, c *clocktest.Clock) *cache.Cache[string] {
			return over(c, inRedis(t, "unix:///does/not/exist", c, t.Name()))
		})
	})
}

// inRedis is a backend of its own in a Redis.
func inRedis(t *testing.T, address string, c *clocktest.Clock, name string) cache.Backend[string] {
	t.Helper()
	client, err := redis.Open(redis.Options{
		URL: address, Now: time.Now, Observe: func(string, redis.Outcome, time.Duration) {}, Changed: func(bool) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	ring, err := keys.Parse([]byte(keys.Generate("1")))
	if err != nil {
		t.Fatal(err)
	}
	return cacheredis.New[string](cacheredis.Deps{
		Redis: client, Ring: ring, Name: name, Limit: 8, Now: c.Now, Random: rand.Reader, Observe: func(string, cacheredis.Event) {},
	})
}

// contract is what a cache does over every backend.
func contract(t *testing.T, newCache func(*testing.T, *clocktest.Clock) *cache.Cache[string]) {
	start := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
	get := func(t *testing.T, c *cache.Cache[string], load cache.Load[string]) cache.Result[string] {
		t.Helper()
		r, err := c.Get(t.Context(), "k", load)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}

	t.Run("a fresh value is not loaded again, and refresh loads it", func(t *testing.T) {
		clk := clocktest.At(start)
		c := newCache(t, clk)
		get(t, c, value("a", time.Minute))
		clk.Advance(59 * time.Second)
		if r := get(t, c, failure(errDown)); r.Value != "a" || r.Outcome != cache.Hit || !r.FetchedAt.Equal(start) {
			t.Fatalf("%+v", r)
		}
		if r, err := c.Refresh(t.Context(), "k", 0, value("b", time.Minute)); err != nil || r.Value != "b" || r.Outcome != cache.Loaded {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	t.Run("an old value is used after a failed load, marked and only for its time", func(t *testing.T) {
		clk := clocktest.At(start)
		c := newCache(t, clk)
		get(t, c, value("a", time.Minute))
		clk.Advance(30 * time.Minute)
		if r := get(t, c, failure(errDown)); r.Value != "a" || r.Outcome != cache.Stale || !errors.Is(r.Err, errDown) {
			t.Fatalf("%+v", r)
		}
		if _, err := c.Get(t.Context(), "k", failure(errors.New("refused"))); err == nil {
			t.Fatal("an error that forbids old values was covered by one")
		}
		clk.Advance(2 * time.Hour)
		if _, err := c.Get(t.Context(), "k", failure(errDown)); !errors.Is(err, errDown) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("a value without lifetime is not kept", func(t *testing.T) {
		c := newCache(t, clocktest.At(start))
		for _, fresh := range []time.Duration{0, -time.Hour} {
			get(t, c, value("a", fresh))
			if _, err := c.Get(t.Context(), "k", failure(errDown)); err == nil {
				t.Fatalf("kept with a lifetime of %v", fresh)
			}
		}
	})
	t.Run("a clock that went back does not make a value eternal", func(t *testing.T) {
		clk := clocktest.At(start)
		c := newCache(t, clk)
		get(t, c, value("a", time.Minute))
		clk.Advance(-24 * time.Hour)
		if r := get(t, c, value("b", time.Minute)); r.Value != "b" {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("a refresh is content with a value that is younger than its floor", func(t *testing.T) {
		clk := clocktest.At(start)
		c := newCache(t, clk)
		get(t, c, value("a", time.Minute))
		clk.Advance(9 * time.Second)
		if r, err := c.Refresh(t.Context(), "k", 10*time.Second, value("b", time.Minute)); err != nil || r.Value != "a" || r.Outcome != cache.Hit {
			t.Fatalf("%+v, %v", r, err)
		}
		clk.Advance(time.Second)
		if r, err := c.Refresh(t.Context(), "k", 10*time.Second, value("b", time.Minute)); err != nil || r.Value != "b" || r.Outcome != cache.Loaded {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	t.Run("what was purged is not found", func(t *testing.T) {
		c := newCache(t, clocktest.At(start))
		get(t, c, value("a", time.Minute))
		c.Purge("k")
		if _, _, ok := c.Kept(t.Context(), "k"); ok {
			t.Fatal("it is kept")
		}
		if r := get(t, c, value("b", time.Minute)); r.Value != "b" {
			t.Fatalf("%+v", r)
		}
	})
}

func TestTheNumberOfEntriesIsBounded(t *testing.T) {
	c := newCache(t, clocktest.At(time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)), 32)
	for i := range 1000 {
		if _, err := c.Get(t.Context(), strconv.Itoa(i), value("a", time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	hits := 0
	for i := range 1000 {
		r, err := c.Get(t.Context(), strconv.Itoa(i), failure(errors.New("gone")))
		if err == nil && r.Outcome == cache.Hit {
			hits++
		}
	}
	if hits == 0 || hits > 32 {
		t.Fatalf("%d entries are kept", hits)
	}
}

func TestCrowdLoadsOnce(t *testing.T) {
	c := newCache(t, clocktest.At(time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)), 8) // its janitor runs outside the bubble
	synctest.Test(t, func(t *testing.T) {
		var loads atomic.Int32
		slow := func(context.Context) (string, time.Duration, error) {
			loads.Add(1)
			time.Sleep(time.Second) // the bubble's clock
			return "a", time.Minute, nil
		}
		first, leave := context.WithCancel(t.Context())
		var crowd sync.WaitGroup
		for i := range 50 {
			ctx := t.Context()
			if i == 0 {
				ctx = first
			}
			crowd.Go(func() {
				if r, err := c.Get(ctx, "k", slow); i != 0 && (err != nil || r.Value != "a") {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		synctest.Wait()
		leave() // a first caller that gave up does not spoil it for the others
		crowd.Wait()
		if loads.Load() != 1 {
			t.Fatalf("%d loads", loads.Load())
		}
	})
}

func TestPurgeVoidsALoadUnderWay(t *testing.T) {
	c := newCache(t, clocktest.At(time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)), 8) // its janitor runs outside the bubble
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		ended := make(chan error)
		go func() {
			_, err := c.Get(t.Context(), "k", func(context.Context) (string, time.Duration, error) {
				<-goOn
				return "before the withdrawal", time.Minute, nil
			})
			ended <- err
		}()
		synctest.Wait()
		c.Purge("k")
		close(goOn)
		if err := <-ended; !errors.Is(err, cache.ErrPurged) {
			t.Fatalf("got %v", err)
		}
		if r, err := c.Get(t.Context(), "k", value("after", time.Minute)); err != nil || r.Value != "after" {
			t.Fatalf("%+v, %v", r, err)
		}
	})
}

func TestALoadThatARefreshOvertookIsNotKept(t *testing.T) {
	c := newCache(t, clocktest.At(time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)), 8) // its janitor runs outside the bubble
	synctest.Test(t, func(t *testing.T) {
		goOn, ended := make(chan struct{}), make(chan error)
		go func() {
			r, err := c.Get(t.Context(), "k", func(context.Context) (string, time.Duration, error) {
				<-goOn
				return "before the citizen booked", time.Minute, nil
			})
			if r.Value != "before the citizen booked" {
				t.Errorf("the caller got %+v", r)
			}
			ended <- err
		}()
		synctest.Wait()
		if r, err := c.Refresh(t.Context(), "k", 0, value("after", time.Minute)); err != nil || r.Value != "after" {
			t.Fatalf("%+v, %v", r, err)
		}
		close(goOn)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if r, err := c.Get(t.Context(), "k", failure(errors.New("not kept"))); err != nil || r.Value != "after" {
			t.Fatalf("kept is %+v, %v", r, err)
		}
	})
}

func TestWhoComesJustTooLateFindsWhatTheCrowdLoaded(t *testing.T) {
	var loads atomic.Int32
	load := func(context.Context) (string, time.Duration, error) {
		loads.Add(1)
		return "a", time.Minute, nil
	}
	for range 200 { // a race: each round is another chance for it
		c := newCache(t, clocktest.At(time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)), 8)
		loads.Store(0)
		var crowd sync.WaitGroup
		for range 20 {
			crowd.Go(func() {
				if _, err := c.Get(t.Context(), "k", load); err != nil {
					t.Error(err)
				}
			})
		}
		crowd.Wait()
		if loads.Load() != 1 {
			t.Fatalf("%d loads", loads.Load())
		}
	}
}
