package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/ulule/limiter/v3"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	cacheredis "github.com/patient-care-aggregator/aggregator/internal/cache/redis"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

// shared is what replicas of this service have together. The client is nil where there
// is one process, which keeps everything itself.
type shared struct {
	client *goredis.Client
	ring   *keys.Ring
	counts *redis.Counts // nil as the client is
}

// limits are where what replicas count together is counted; nil: each by itself.
func (s shared) limits() limiter.Store {
	if s.counts == nil {
		return nil
	}
	return s.counts
}

// shared connects to Redis where the configuration names one. Nothing is asked: Redis
// may be lost at the start as at any other time.
func (w *wiring) shared(ctx context.Context, ring *keys.Ring) (shared, error) {
	ctx = context.WithoutCancel(ctx) // for what is logged later
	address := w.c.RedisURL.Reveal()
	if address == "" {
		return shared{ring: ring}, nil
	}
	client, err := redis.Open(redis.Options{
		URL: address, Now: w.o.Now,
		Observe: func(command string, o redis.Outcome, took time.Duration) {
			w.metrics.Redis(command, string(o), took)
		},
		Changed: func(lost bool) {
			w.metrics.RedisLost(lost)
			level, text := slog.LevelInfo, "Redis answers again"
			if lost {
				level, text = slog.LevelWarn, "Redis is lost; this process goes on by itself"
			}
			w.o.Log.LogAttrs(ctx, level, text, slog.String(telemetry.KeyAddress, redis.Place(address)))
		},
	})
	if err != nil {
		return shared{}, fmt.Errorf("start Redis: %w", err)
	}
	return shared{client: client, ring: ring, counts: redis.NewCounts(client, ring)}, nil
}

func (s shared) close() error {
	if s.client == nil {
		return nil
	}
	if err := s.client.Close(); err != nil {
		return fmt.Errorf("close Redis: %w", err)
	}
	return nil
}

// backend keeps what belongs to one citizen: where all replicas find it, if there are
// several.
func backend[T any](w *wiring, s shared, name string, limit int) cache.Backend[T] {
	if s.client == nil {
		return memory.New[T](limit)
	}
	return cacheredis.New[T](cacheredis.Deps{
		Redis: s.client, Ring: s.ring, Name: name, Version: w.o.Version, Limit: limit, Now: w.o.Now, Random: w.o.Random,
		Observe: func(name string, e cacheredis.Event) { w.metrics.SharedCache(name, string(e)) }, Panics: w.panics,
	})
}
