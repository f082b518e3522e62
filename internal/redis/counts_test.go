package redis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ulule/limiter/v3"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/redis/redistest"
)

// counts are of two processes, and of more when they are asked for again.
func counts(t *testing.T, server *redistest.Server, ring string) *redis.Counts {
	t.Helper()
	r, err := keys.Parse([]byte(ring))
	if err != nil {
		t.Fatal(err)
	}
	return redis.NewCounts(open(t, server.URL()).Client, r)
}

func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	server, ring := redistest.Start(t), keys.Generate("1")
	one, two := counts(t, server, ring), counts(t, server, ring)
	rate := limiter.Rate{Limit: 3, Period: time.Hour}
	reached := 0
	for i := range 10 {
		c := one
		if i%2 == 1 {
			c = two
		}
		seen, err := c.Get(t.Context(), "address/192.0.2.1", rate)
		if err != nil {
			t.Fatal(err)
		}
		if seen.Reached {
			reached++
		}
	}
	if reached != 7 {
		t.Errorf("%d of 10 were refused, want 7", reached)
	}
	if seen, err := two.Get(t.Context(), "address/192.0.2.2", rate); err != nil || seen.Reached {
		t.Errorf("another address: %+v, %v", seen, err)
	}
	for _, name := range server.Keys() {
		if strings.Contains(name, "192") {
			t.Errorf("%s names an address", name)
		}
		if life := server.Client().PTTL(t.Context(), name).Val(); life <= 0 || life > time.Hour {
			t.Errorf("%s is kept for %v", name, life)
		}
	}
}

func TestTheLastPartIsForThoseWhoMayTakeIt(t *testing.T) {
	t.Parallel()
	server, ring := redistest.Start(t), keys.Generate("1")
	one, two := counts(t, server, ring), counts(t, server, ring)
	taken := func(c *redis.Counts, reserve int64) (n int) {
		for {
			ok, err := c.Take(t.Context(), "e-RS", 50, time.Hour, reserve)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return n
			}
			n++
		}
	}
	if a, b, c := taken(one, 12), taken(two, 12), taken(two, 0); a != 38 || b != 0 || c != 12 {
		t.Errorf("%d, %d and %d were taken of 38, 0 and 12", a, b, c)
	}
}

func TestCountsBeginWithoutRedisAndGoOnWithIt(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := open(t, server.URL())
	ring, err := keys.Parse([]byte(keys.Generate("1")))
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewCounts(client.Client, ring)
	rate := limiter.Rate{Limit: 3, Period: time.Hour}
	server.Kill()
	for range 5 {
		if _, err := c.Get(t.Context(), "k", rate); err == nil {
			t.Error("counted without Redis")
		}
	}
	server.Restart()
	client.comesBack(t)
	if _, err := c.Get(t.Context(), "k", rate); err != nil {
		t.Error(err)
	}
	server.Flush()
	if err := server.Client().ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if seen, err := c.Get(t.Context(), "k", rate); err != nil || seen.Remaining != 2 {
		t.Errorf("after Redis forgot everything: %+v, %v", seen, err)
	}
}
