package redis_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
)

type watched struct {
	*goredis.Client

	lost, back, notAsked atomic.Int32
}

func open(t *testing.T, address string) *watched {
	t.Helper()
	w := &watched{}
	c, err := redis.Open(redis.Options{
		URL: address, Now: time.Now,
		Observe: func(_ string, o redis.Outcome, _ time.Duration) {
			if o == redis.NotAsked {
				w.notAsked.Add(1)
			}
		},
		Changed: func(lost bool) {
			if lost {
				w.lost.Add(1)
			} else {
				w.back.Add(1)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	w.Client = c
	return w
}

// failing asks until Redis is given up, and returns the longest time that one took.
func (w *watched) failing(t *testing.T) time.Duration {
	t.Helper()
	var longest time.Duration
	for range 20 {
		began := time.Now()
		if err := w.Get(t.Context(), "k").Err(); err == nil || errors.Is(err, goredis.Nil) {
			t.Fatal("a Redis that is lost answered")
		}
		longest = max(longest, time.Since(began))
	}
	if w.lost.Load() == 0 || w.notAsked.Load() < 15 {
		t.Errorf("lost %d times, not asked %d times", w.lost.Load(), w.notAsked.Load())
	}
	return longest
}

// comesBack asks until Redis answers again.
func (w *watched) comesBack(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for every := time.NewTicker(50 * time.Millisecond); ; {
		if w.Set(ctx, "k", "v", 0).Err() == nil {
			every.Stop()
			break
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			t.Fatal("Redis is back and not asked again")
		}
	}
	if w.back.Load() == 0 {
		t.Error("nobody heard that Redis is back")
	}
}

// The bound is far above the 300 ms that one request may take, and far below the three
// seconds of the library's own settings: the machine may be busy.
const bearable = 1500 * time.Millisecond

func TestARedisThatIsKilledCostsLittleAndIsFoundAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := open(t, server.URL())
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if took := c.failing(t); took > bearable {
		t.Errorf("one request took %v", took)
	}
	server.Restart()
	c.comesBack(t)
}

func TestARedisThatHangsCostsLittleAndIsFoundAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := open(t, server.URL())
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Hang()
	if took := c.failing(t); took > bearable {
		t.Errorf("one request took %v", took)
	}
	server.Wake()
	c.comesBack(t)
}

func TestARedisThatIsTooSlowIsGivenUp(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).Slow(5*time.Second))
	if took := c.failing(t); took > bearable {
		t.Errorf("one request took %v", took)
	}
}

func TestConnectionsThatWentSilentAreNotTriedOneAfterAnother(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	address, cut := server.Cut()
	c := open(t, address)
	var busy sync.WaitGroup
	for range 15 { // so many connections
		busy.Go(func() { c.BLPop(t.Context(), 50*time.Millisecond, "nothing") })
	}
	busy.Wait()
	if n := c.PoolStats().TotalConns; n < 10 {
		t.Fatalf("only %d connections", n)
	}
	cut()
	c.failing(t)
	c.comesBack(t)
}

func TestWhatRedisRefusesAndACallerWhoLeavesSayNothingOfRedis(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	left, leave := context.WithCancel(t.Context())
	leave()
	for range 10 {
		if err := c.Get(t.Context(), "nothing").Err(); !errors.Is(err, goredis.Nil) {
			t.Errorf("no key: %v", err)
		}
		if err := c.Do(t.Context(), "NOSUCHCOMMAND").Err(); err == nil {
			t.Error("a command that does not exist was accepted")
		}
		if err := c.Get(left, "k").Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
	}
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil || c.lost.Load() != 0 {
		t.Errorf("%v; lost %d times", err, c.lost.Load())
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, place := range map[string]string{
		"redis://localhost":                   "localhost:6379/0",
		"rediss://user:secret@cache.nhs:1/2":  "cache.nhs:1/2",
		"unix:///run/redis/s?db=3":            "/run/redis/s/3",
		"":                                    "",
		"localhost:6379":                      "",
		"http://localhost":                    "",
		"redis://":                            "",
		"redis://localhost?read_timeout=3s":   "",
		"rediss://localhost?skip_verify=true": "",
		"redis://localhost/x":                 "",
		"redis://localhost#x":                 "",
	} {
		err := redis.CheckURL(address)
		if got := redis.Place(address); got != place || (err == nil) != (place != "") {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
	nowhere := func(string) bool { return false }
	if !redis.Encrypted("rediss://a", nowhere) || redis.Encrypted("redis://a", nowhere) || !redis.Encrypted("unix:///a", nowhere) {
		t.Error("what is encrypted is not told from what is not")
	}
}
