package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// Limits are rates as the limiter writes them, such as "60-S" or "300-M"; "off"
// or empty is no limit.
type Limits struct {
	Global  string // all requests together
	Citizen string // one citizen, over all their apps
	Client  string // one app, over all its citizens
	Address string // one network address; IPv6 by its /64
}

// memberRate bounds the requests of one member of staff in a minute.
const memberRate = 120

type limiters struct{ global, citizen, client, address, member *limit }

// limit is one rate and how a request is counted under it.
type limit struct {
	rate *limiter.Limiter
	key  func(*gin.Context) string
}

func newLimiters(l Limits) (limiters, error) {
	store := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "pca", CleanUpInterval: time.Minute})
	var made limiters
	for _, setting := range []struct {
		rate string
		into **limit
		key  func(*gin.Context) string
	}{
		{l.Global, &made.global, func(*gin.Context) string { return "global" }},
		{l.Citizen, &made.citizen, func(c *gin.Context) string { return "citizen/" + string(mustCaller(c).Citizen.Ref) }},
		{l.Client, &made.client, func(c *gin.Context) string { return "client/" + string(mustCaller(c).Client) }},
		{l.Address, &made.address, func(c *gin.Context) string { return "address/" + network(c.ClientIP()) }},
	} {
		if setting.rate == "" || setting.rate == "off" {
			continue
		}
		rate, err := limiter.NewRateFromFormatted(setting.rate)
		if err != nil {
			return limiters{}, fmt.Errorf("rate limit %q: want a number, a dash and S, M, H or D", setting.rate)
		}
		*setting.into = &limit{limiter.New(store, rate), setting.key}
	}
	// Keys of a store of its own: an auditor at work costs no citizen anything.
	apart := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "pca-audit", CleanUpInterval: time.Minute})
	made.member = &limit{
		limiter.New(apart, limiter.Rate{Limit: memberRate, Period: time.Minute}),
		func(c *gin.Context) string { return requestOf(c).Member().Member.Pseudonym },
	}
	return made, nil
}

// count counts a request under each rate that is on, and refuses it at the first
// one that is spent.
func (s *server) count(c *gin.Context, limits ...*limit) error {
	for _, l := range limits {
		if l == nil {
			continue
		}
		// Keys are stored as they are, so what identifies a person is hashed.
		sum := sha256.Sum256([]byte(l.key(c)))
		seen, err := l.rate.Get(c.Request.Context(), base64.RawStdEncoding.EncodeToString(sum[:]))
		if err != nil {
			return problem.New(problem.ServiceUnavailable, fmt.Errorf("count requests: %w", err))
		}
		if seen.Reached {
			// The limiter uses the machine's clock. Whichever clock is used, no caller
			// waits longer than one period.
			wait := min(max(1, seen.Reset-s.d.Now().Unix()), int64(l.rate.Rate.Period.Seconds()))
			return problem.New(problem.RateLimited, nil).WithRetryAfter(time.Duration(wait) * time.Second)
		}
	}
	return nil
}

// network reduces an address to what one household or phone holds.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	const household = 64
	if a.Is6() {
		if p, err := a.Prefix(household); err == nil {
			return p.String()
		}
	}
	return a.String()
}
