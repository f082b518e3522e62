package redis

import (
	"context"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/ulule/limiter/v3"
	limiterredis "github.com/ulule/limiter/v3/drivers/store/redis"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

const purposeCount = "redis-count"

// Counts are counts that replicas have together: a [limiter.Store] in Redis, whose
// windows are by Redis's clock. Who is counted is hashed under the key ring. While
// Redis is lost, each method returns an error, and the caller counts by itself.
type Counts struct {
	client *goredis.Client
	ring   *keys.Ring

	mu    sync.Mutex
	store limiter.Store // nil until Redis was reached: the library asks it when it makes one
}

// NewCounts asks nothing: Redis may be lost.
func NewCounts(client *goredis.Client, ring *keys.Ring) *Counts {
	return &Counts{client: client, ring: ring}
}

// stored is the library's store, and the name of a key there.
func (c *Counts) stored(key string) (limiter.Store, string, error) {
	name := base64.RawURLEncoding.EncodeToString(c.ring.MACs(purposeCount, []byte(key))[0].Sum[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.store == nil {
		store, err := limiterredis.NewStoreWithOptions(c.client, limiter.StoreOptions{Prefix: "pca:count"})
		if err != nil {
			return nil, "", fmt.Errorf("prepare counts in Redis: %w", err)
		}
		c.store = store
	}
	return c.store, name, nil
}

func (c *Counts) count(key string, do func(store limiter.Store, name string) (limiter.Context, error)) (limiter.Context, error) {
	store, name, err := c.stored(key)
	if err != nil {
		return limiter.Context{}, err
	}
	seen, err := do(store, name)
	if err != nil {
		return limiter.Context{}, fmt.Errorf("count in Redis: %w", err)
	}
	return seen, nil
}

// Get implements limiter.Store.
func (c *Counts) Get(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	return c.count(key, func(s limiter.Store, name string) (limiter.Context, error) { return s.Get(ctx, name, rate) })
}

// Peek implements limiter.Store.
func (c *Counts) Peek(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	return c.count(key, func(s limiter.Store, name string) (limiter.Context, error) { return s.Peek(ctx, name, rate) })
}

// Reset implements limiter.Store.
func (c *Counts) Reset(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	return c.count(key, func(s limiter.Store, name string) (limiter.Context, error) { return s.Reset(ctx, name, rate) })
}

// Increment implements limiter.Store.
func (c *Counts) Increment(ctx context.Context, key string, count int64, rate limiter.Rate) (limiter.Context, error) {
	return c.count(key, func(s limiter.Store, name string) (limiter.Context, error) {
		return s.Increment(ctx, name, count, rate)
	})
}

// Take takes one of so many in a period of what all replicas have of a thing, unless
// no more than reserve would be left. An error says that Redis could not be asked.
func (c *Counts) Take(ctx context.Context, thing string, limit int64, period time.Duration, reserve int64) (taken bool, err error) {
	rate := limiter.Rate{Limit: limit, Period: period}
	if reserve > 0 { // what is refused must not count
		seen, err := c.Peek(ctx, thing, rate)
		if err != nil {
			return false, err
		}
		if seen.Remaining <= reserve {
			return false, nil
		}
	}
	seen, err := c.Get(ctx, thing, rate)
	return err == nil && !seen.Reached, err
}

var _ limiter.Store = (*Counts)(nil)
