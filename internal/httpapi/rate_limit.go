package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// Limits are rates as the limiter writes them, such as "60-S" or "300-M", or several
// with commas between, which all hold; "off" or empty is no limit.
type Limits struct {
	Global  string // all requests together
	Citizen string // one citizen, over all their apps
	Client  string // one app, over all its citizens
	Address string // one network address; IPv6 by its /64, and ten times that by its /48
	// SignIn is of the addresses of sign-ins, as one address is, over all replicas.
	SignIn string
}

// wider is how many times the rate of a /64 its /48 has.
const wider = 10

// memberRate bounds the requests of one member of staff in a minute.
const memberRate = 120

type limiters struct{ global, citizen, client, address, signIn, member []limit }

// limit is one rate and how a request is counted under it; an empty key is not counted.
type limit struct {
	rate *limiter.Limiter
	key  func(*gin.Context) string
	told bool // in the headers of the answer: it is the caller's own
}

// newLimiters makes the limits of this process, and those that replicas count together
// where there is a store for it.
func newLimiters(l Limits, trusted proxies, together limiter.Store) (limiters, error) {
	store := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "pca", CleanUpInterval: time.Minute})
	replicas := limiter.Store(memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "pca-sign-in", CleanUpInterval: time.Minute}))
	if together != nil {
		replicas = orElse{together, replicas}
	}
	var made limiters
	household := func(c *gin.Context) string {
		narrow, _ := network(trusted.client(c.Request))
		return "address/" + narrow
	}
	customer := func(c *gin.Context) string {
		_, wide := network(trusted.client(c.Request))
		return wide
	}
	for _, setting := range []struct {
		rates string
		times int64
		into  *[]limit
		key   func(*gin.Context) string
		in    limiter.Store
	}{
		{l.Global, 1, &made.global, func(*gin.Context) string { return "global" }, store},
		{l.Citizen, 1, &made.citizen, func(c *gin.Context) string { return "citizen/" + string(mustCaller(c).Citizen.Ref) }, store},
		{l.Client, 1, &made.client, func(c *gin.Context) string { return "client/" + string(mustCaller(c).Client) }, store},
		{l.Address, 1, &made.address, household, store},
		{l.Address, wider, &made.address, customer, store},
		{l.SignIn, 1, &made.signIn, household, replicas},
		{l.SignIn, wider, &made.signIn, customer, replicas},
	} {
		for text := range strings.SplitSeq(setting.rates, ",") {
			if text == "" || text == "off" {
				continue
			}
			rate, err := limiter.NewRateFromFormatted(text)
			if err != nil {
				return limiters{}, fmt.Errorf("rate limit %q: want a number, a dash and S, M, H or D", text)
			}
			rate.Limit *= setting.times
			*setting.into = append(*setting.into, limit{limiter.New(setting.in, rate), named(text, setting.key), setting.into == &made.citizen})
		}
	}
	// Keys of a store of its own: an auditor at work costs no citizen anything.
	apart := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "pca-audit", CleanUpInterval: time.Minute})
	made.member = []limit{{
		limiter.New(apart, limiter.Rate{Limit: memberRate, Period: time.Minute}),
		func(c *gin.Context) string { return requestOf(c).Member().Member.Pseudonym }, true,
	}}
	return made, nil
}

// orElse counts in the first store, and in the second what the first cannot count.
type orElse struct {
	limiter.Store
	here limiter.Store
}

// Get implements limiter.Store.
func (o orElse) Get(ctx context.Context, key string, rate limiter.Rate) (limiter.Context, error) {
	seen, err := o.Store.Get(ctx, key, rate)
	if err != nil {
		return o.here.Get(ctx, key, rate) //nolint:wrapcheck // count says what was done
	}
	return seen, nil
}

// named keeps the counts of several rates apart.
func named(rate string, key func(*gin.Context) string) func(*gin.Context) string {
	return func(c *gin.Context) string {
		k := key(c)
		if k == "" {
			return ""
		}
		return rate + "/" + k
	}
}

// count counts a request under each rate, and refuses it at the first one that is
// spent: what it refuses is not counted under those that come after it.
func (s *server) count(c *gin.Context, limits ...[]limit) error {
	for _, l := range slices.Concat(limits...) {
		key := l.key(c)
		if key == "" {
			continue
		}
		// Keys are stored as they are, so what identifies a person is hashed.
		sum := sha256.Sum256([]byte(key))
		seen, err := l.rate.Get(c.Request.Context(), base64.RawStdEncoding.EncodeToString(sum[:]))
		if err != nil {
			return problem.New(problem.ServiceUnavailable, fmt.Errorf("count requests: %w", err))
		}
		// The limiter uses the machine's clock. Whichever clock is used, no caller waits
		// longer than one period.
		wait := min(max(1, seen.Reset-s.d.Now().Unix()), int64(l.rate.Rate.Period.Seconds()))
		if l.told {
			tellLimit(c, seen, wait)
		}
		if seen.Reached {
			return problem.New(problem.RateLimited, nil).WithRetryAfter(time.Duration(wait) * time.Second)
		}
	}
	return nil
}

// tellLimit says where the caller's own requests stand, of several rates the one with
// the least left.
func tellLimit(c *gin.Context, seen limiter.Context, wait int64) {
	const left = "RateLimit-Remaining"
	if before, err := strconv.ParseInt(c.Writer.Header().Get(left), 10, 64); err == nil && before < seen.Remaining {
		return
	}
	c.Header("RateLimit-Limit", strconv.FormatInt(seen.Limit, 10))
	c.Header(left, strconv.FormatInt(seen.Remaining, 10))
	c.Header("RateLimit-Reset", strconv.FormatInt(wait, 10))
}
