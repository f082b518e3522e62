package redis_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	cacheredis "github.com/patient-care-aggregator/aggregator/internal/cache/redis"
	"github.com/patient-care-aggregator/aggregator/internal/clocktest"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
)

// replica is one process with a cache over the Redis that it shares with others.
type replica struct {
	*cache.Cache[string]

	backend *cacheredis.Backend[string]

	mu   sync.Mutex
	seen map[cacheredis.Event]int
}

func (r *replica) events(e cacheredis.Event) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[e]
}

type deployment struct {
	t     *testing.T
	clock *clocktest.Clock
	ring  string
}

func deploy(t *testing.T) deployment {
	t.Helper()
	return deployment{t, clocktest.New(), keys.Generate("1")}
}

var errDown = errors.New("down")

// replica adds a process. Each change edits how it is made.
func (d deployment) replica(address string, change ...func(*cacheredis.Deps)) *replica {
	d.t.Helper()
	r := &replica{seen: map[cacheredis.Event]int{}}
	client, err := redis.Open(redis.Options{
		URL: address, Now: time.Now, Observe: func(string, redis.Outcome, time.Duration) {}, Changed: func(bool) {},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = client.Close() })
	ring, err := keys.Parse([]byte(d.ring))
	if err != nil {
		d.t.Fatal(err)
	}
	deps := cacheredis.Deps{
		Redis: client, Ring: ring, Name: "test", Version: "1", Limit: 100, Now: d.clock.Now, Random: rand.Reader,
		Observe: func(_ string, e cacheredis.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.seen[e]++
		},
	}
	for _, c := range change {
		c(&deps)
	}
	r.backend = cacheredis.New[string](deps)
	r.Cache = cache.New[string](r.backend, cache.Options{
		Name: "test", Now: d.clock.Now, LoadTimeout: 9 * time.Second, StaleMax: time.Hour,
		MayServeStale: func(err error) bool { return errors.Is(err, errDown) }, Observe: func(string, cache.Outcome) {},
	})
	return r
}

func (d deployment) replicas(address string) []*replica {
	d.t.Helper()
	return []*replica{d.replica(address), d.replica(address), d.replica(address)}
}

const crowd = 30

// ask has a crowd ask all replicas at once for one key. The load tells begun, and then
// takes until goOn is closed; how often it ran is returned.
func ask(t *testing.T, all []*replica, begun chan<- struct{}, goOn <-chan struct{}) int32 {
	t.Helper()
	var loads atomic.Int32
	load := func(ctx context.Context) (string, time.Duration, error) {
		if loads.Add(1) == 1 && begun != nil {
			close(begun)
		}
		select {
		case <-goOn:
		case <-ctx.Done():
			return "", 0, ctx.Err()
		}
		return "a", time.Minute, nil
	}
	var asking sync.WaitGroup
	for i := range crowd {
		asking.Go(func() {
			if r, err := all[i%len(all)].Get(t.Context(), "k", load); err != nil || r.Value != "a" {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	asking.Wait()
	return loads.Load()
}

// after closes a channel when something has been going on for that long.
func after(d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	time.AfterFunc(d, func() { close(done) })
	return done
}

func value(v string) cache.Load[string] {
	return func(context.Context) (string, time.Duration, error) { return v, time.Minute, nil }
}

func failure(err error) cache.Load[string] {
	return func(context.Context) (string, time.Duration, error) { return "", 0, err }
}

func (r *replica) has(t *testing.T, want string) {
	t.Helper()
	got, _, ok := r.Kept(t.Context(), "k")
	if got.Value != want || ok != (want != "") {
		t.Errorf("%q is kept (%t), not %q", got.Value, ok, want)
	}
}

// undisturbed tries until Redis was reached in time by every replica, as it is not on a
// machine that is busy with other tests.
func undisturbed(t *testing.T, try func() (all []*replica, check func())) {
	t.Helper()
	const most = 20
	for range most {
		all, check := try()
		disturbed := 0
		for _, r := range all {
			disturbed += r.events(cacheredis.Local)
		}
		if disturbed == 0 {
			check()
			return
		}
	}
	t.Fatalf("in %d tries Redis was never fast enough", most)
}

func TestACrowdOverThreeReplicasLoadsOnce(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]time.Duration{
		"a load that takes no time": 0,
		"a load":                    300 * time.Millisecond,
		"a load that takes longer than a lock lives": 2500 * time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			undisturbed(t, func() ([]*replica, func()) {
				all := deploy(t).replicas(server.URL())
				n := ask(t, all, nil, after(takes))
				for _, r := range all {
					r.has(t, "a")
				}
				return all, func() {
					if n != 1 {
						t.Errorf("%d loads, want 1", n)
					}
				}
			})
		})
	}
}

func TestACrowdOfRefreshesOverThreeReplicasLoadsOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	undisturbed(t, func() ([]*replica, func()) {
		all, loads := refreshed(t, server)
		return all, func() {
			if loads != 1 {
				t.Errorf("%d loads, want 1", loads)
			}
		}
	})
}

// refreshed has a crowd refresh at all replicas at once, and counts the loads.
func refreshed(t *testing.T, server *redistest.Server) ([]*replica, int32) {
	t.Helper()
	d := deploy(t)
	all := d.replicas(server.URL())
	if _, err := all[0].Get(t.Context(), "k", value("old")); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(11 * time.Second)
	var loads atomic.Int32
	var asking sync.WaitGroup
	for i := range crowd {
		asking.Go(func() {
			r, err := all[i%len(all)].Refresh(t.Context(), "k", 10*time.Second, func(context.Context) (string, time.Duration, error) {
				loads.Add(1)
				<-after(100 * time.Millisecond)
				return "new", time.Minute, nil
			})
			if err != nil || r.Value != "new" {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	asking.Wait()
	return all, loads.Load()
}

func TestARedisThatIsLostDuringALoadCostsOneLoadAReplicaAtMost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*redistest.Server){
		"killed": (*redistest.Server).Kill, "hung": (*redistest.Server).Hang, "flushed": (*redistest.Server).Flush,
		"killed, and back with nothing": func(s *redistest.Server) { s.Kill(); s.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			all := deploy(t).replicas(server.URL())
			begun, goOn := make(chan struct{}), make(chan struct{})
			go func() {
				<-begun
				lose(server)
				<-after(700 * time.Millisecond)
				close(goOn)
			}()
			if n := ask(t, all, begun, goOn); int(n) > len(all) {
				t.Errorf("%d loads by %d replicas", n, len(all))
			}
		})
	}
}

func TestWithoutRedisEachReplicaLoadsOnce(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	server := redistest.Start(t)
	slow := server.Slow(5 * time.Second)
	for name, address := range map[string]string{"that is not there": "unix:///does/not/exist", "that is slow": slow} {
		t.Run(name, func(t *testing.T) {
			all := d.replicas(address)
			for range 3 { // what came is kept in each process
				if n := ask(t, all, nil, after(0)); n > 3 {
					t.Errorf("%d loads, want at most one a replica", n)
				}
			}
			if all[0].events(cacheredis.Local) == 0 {
				t.Error("the metrics do not tell it")
			}
		})
	}
	little := server.Slow(20 * time.Millisecond)
	undisturbed(t, func() ([]*replica, func()) {
		all := deploy(t).replicas(little)
		n := ask(t, all, nil, after(50*time.Millisecond))
		return all, func() {
			if n != 1 {
				t.Errorf("%d loads over a Redis that is a little slow, want 1", n)
			}
		}
	})
}

func TestALockLapsesWithItsProcess(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	server := redistest.Start(t)
	stopped, other := d.replica(server.URL()), d.replica(server.URL())
	running, stop := context.WithCancel(t.Context())
	lock, taken := stopped.backend.Lock(running, "k", false)
	if lock == nil || taken {
		t.Fatal("no lock")
	}
	stop() // it renews nothing any more, and releases nothing
	began := time.Now()
	if r, err := other.Get(t.Context(), "k", value("later")); err != nil || r.Value != "later" {
		t.Fatalf("%+v, %v", r, err)
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	if other.events(cacheredis.Waited) == 0 {
		t.Error("it did not wait")
	}
	// Should the first go on, what it loaded is older than it looks.
	d.clock.Advance(time.Second)
	now := d.clock.Now()
	lock.Keep(t.Context(), cache.Item[string]{Value: "earlier", FetchedAt: now, FreshUntil: now.Add(time.Minute), KeepUntil: now.Add(time.Minute)})
	lock.Release()
	other.has(t, "later")
	if stopped.events(cacheredis.Overtaken) != 1 {
		t.Error("the metrics do not tell it")
	}
}

// overtaken has one replica load while something else happens.
func overtaken(t *testing.T, loading *replica, meanwhile func()) {
	t.Helper()
	r, err := loading.Get(t.Context(), "k", func(context.Context) (string, time.Duration, error) {
		meanwhile()
		return "before", time.Minute, nil
	})
	if err != nil || r.Value != "before" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestALoadThatAnotherReplicaOvertookIsNotKept(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	t.Run("by a refresh", func(t *testing.T) {
		d := deploy(t)
		one, other := d.replica(server.URL()), d.replica(server.URL())
		overtaken(t, one, func() {
			if r, err := other.Refresh(t.Context(), "k", 10*time.Second, value("after")); err != nil || r.Value != "after" {
				t.Errorf("%+v, %v", r, err)
			}
		})
		one.has(t, "after")
	})
	t.Run("by a purge", func(t *testing.T) {
		d := deploy(t)
		one, other := d.replica(server.URL()), d.replica(server.URL())
		overtaken(t, one, func() { other.Purge("k") })
		one.has(t, "")
		other.has(t, "")
	})
}

func TestAfterAFailedLoadTheNextReplicaLoadsAtOnce(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	server := redistest.Start(t)
	one, other := d.replica(server.URL()), d.replica(server.URL())
	if _, err := one.Get(t.Context(), "k", failure(errDown)); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if r, err := other.Get(t.Context(), "k", value("a")); err != nil || r.Value != "a" || other.events(cacheredis.Waited) != 0 {
		t.Fatalf("%+v, %v, waited %d times", r, err, other.events(cacheredis.Waited))
	}
	// What one replica loaded is the older value of all.
	d.clock.Advance(2 * time.Minute)
	if r, err := one.Get(t.Context(), "k", failure(errDown)); err != nil || r.Outcome != cache.Stale || r.Value != "a" {
		t.Fatalf("%+v, %v", r, err)
	}
}
