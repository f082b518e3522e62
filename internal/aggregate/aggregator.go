package aggregate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Mode is how old a reading may be.
type Mode int

// The modes.
const (
	Cached  Mode = iota // a fresh reading is used
	Refresh             // the sources are asked even if there is a fresh reading
)

// SourceOutcome is the outcome of one source for one request.
type SourceOutcome struct {
	referral.Source

	Asked bool // this request asked the source itself: it neither took what is kept nor waited for another request's question
	// Foreign is that the source sent another person's data, which was refused.
	Foreign bool
}

// Result is the combined answer of all sources.
type Result struct {
	Facts   []referral.Facts
	Orphans []referral.Facts // see Reading
	Notices []referral.Notice
	Sources []SourceOutcome
	// Complete reports whether every source answered freshly and everything could be read.
	Complete bool
}

// Deps are what an Aggregator needs; all but Tries and Panics are required.
type Deps struct {
	Sources  []Source               // one or more
	Readings cache.Backend[Reading] // keeps them between requests
	// Tries remember failures for all processes; nil: this one remembers its own.
	Tries cache.Backend[Try]
	Now   func() time.Time
	// Fresh is how long a reading is used before the source is asked again.
	Fresh time.Duration
	// StaleMax is how long after that it may be used in place of a source that fails.
	StaleMax time.Duration
	// Timeout bounds the wait for all sources together.
	Timeout time.Duration
	// Observe is called with where a reading came from, for the metrics.
	Observe func(cache string, o cache.Outcome)
	// Failed is called with the reason why a source failed, for the log, where Read
	// does not return that reason.
	Failed func(ctx context.Context, source string, err error)
	Panics panics.Handler
}

// Aggregator asks the sources. It is safe for concurrent use.
type Aggregator struct {
	d        Deps
	readings *cache.Cache[Reading]
	tries    tries
}

// readingCache is what metrics call the cache of readings.
const readingCache = "reading"

// New returns ErrNoSource if d names no source.
func New(d Deps) (*Aggregator, error) {
	if len(d.Sources) == 0 {
		return nil, ErrNoSource
	}
	if d.Tries == nil {
		d.Tries = newOwnTries()
	}
	return &Aggregator{d: d, tries: tries{d.Tries}, readings: cache.New(d.Readings, cache.Options{
		Name: readingCache, Now: d.Now, LoadTimeout: d.Timeout, StaleMax: d.StaleMax, MayServeStale: MayServeStale, Refused: refused,
		Observe: d.Observe, Panics: d.Panics,
	})}, nil
}

// answer is the outcome of asking one source.
type answer struct {
	reading cache.Result[Reading]
	err     error
	asked   bool // by this request
	held    bool // the source was not asked, because it failed just now
	failed  *Try // the last try, if it failed
}

// Read asks all sources at the same time. An error says that no source returned
// anything: it wraps ErrReauthenticate if a new sign-in would help with any of
// them, otherwise the first source's [Failure]. The Result still has the outcome
// of each source. When the citizen's ID token has ended nothing is shown, not from
// the cache either: another device may have filled it.
func (a *Aggregator) Read(ctx context.Context, access Access, mode Mode) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, a.d.Timeout)
	defer cancel()
	answers := make([]answer, len(a.d.Sources))
	var all sync.WaitGroup
	for i, s := range a.d.Sources {
		all.Go(func() {
			if !a.d.Now().Before(access.IDTokenExpires) {
				answers[i].err = fmt.Errorf("%w: the ID token has ended", ErrReauthenticate)
				return
			}
			answers[i].err = a.d.Panics.Contain(ctx, "ask a source", func() (err error) {
				answers[i], err = a.ask(ctx, s, access, mode)
				return err
			})
		})
	}
	all.Wait()
	return a.together(ctx, answers)
}

// ask asks one source, and asks again if its reading was purged in the meantime:
// another of the citizen's apps lost its consent, and this one may still have its
// own. The caller decides on consent after the read.
func (a *Aggregator) ask(ctx context.Context, s Source, access Access, mode Mode) (answer, error) {
	k := key(s, access.Citizen.Ref)
	kept, fresh, have := a.readings.Kept(ctx, k)
	last, failed := a.tries.last(ctx, k)
	if failed && last.stands(a.d.Now()) {
		if !have {
			return answer{held: true, failed: &last}, last.failure()
		}
		kept.Outcome, kept.Err = cache.Stale, last.failure()
		return answer{reading: kept, held: true, failed: &last}, nil
	}
	if fresh && (mode == Cached || a.d.Now().Sub(kept.FetchedAt) < RefreshFloor) {
		a.d.Observe(readingCache, cache.Hit)
		return answer{reading: kept}.told(last, failed), nil
	}
	access.Again = have
	get := a.readings.Get
	if mode == Refresh {
		get = func(ctx context.Context, key string, load cache.Load[Reading]) (cache.Result[Reading], error) {
			return a.readings.Refresh(ctx, key, RefreshFloor, load)
		}
	}
	var asked atomic.Bool // of requests that ask at the same time, the load of one runs
	load := a.load(s, access, k, func() { asked.Store(true) })
	r, err := get(ctx, k, load)
	if errors.Is(err, cache.ErrPurged) {
		r, err = get(ctx, k, load)
	}
	return a.noted(ctx, k, answer{reading: r, asked: asked.Load()}, err)
}

// noted remembers how a try ended.
func (a *Aggregator) noted(ctx context.Context, key string, got answer, err error) (answer, error) {
	ctx = context.WithoutCancel(ctx) // even if the caller's time is over
	why := err
	if err == nil && got.reading.Outcome == cache.Stale {
		why = got.reading.Err
	}
	var held *heldError
	switch {
	case errors.Is(why, context.Canceled), errors.Is(why, cache.ErrPurged): // the caller or a consent is gone: nothing is known
	case errors.As(why, &held):
		got.held, got.failed = true, &held.try
	case why != nil:
		last := a.tries.fail(ctx, key, a.d.Now(), why)
		got.failed = &last
	case got.reading.Outcome == cache.Loaded:
		a.tries.forget(ctx, key)
	default:
		last, failed := a.tries.last(ctx, key)
		got = got.told(last, failed)
	}
	return got, err
}

// told is a fresh reading as it is told: stale if a try since then failed.
func (a answer) told(last Try, failed bool) answer {
	if failed && !last.At.Before(a.reading.FetchedAt) {
		a.failed = &last
		a.reading.Outcome, a.reading.Err = cache.Stale, last.failure()
		a.held = true
	}
	return a
}

// together combines the answers into one result.
func (a *Aggregator) together(ctx context.Context, answers []answer) (Result, error) {
	result := Result{Complete: true}
	usable := false
	var signIn, first error
	var signInOf, firstOf string // whose errors these are
	failed := map[string]error{} // by source: why, for the log
	for i, s := range a.d.Sources {
		status := SourceOutcome{Source: referral.Source{ID: s.ID(), Name: s.Name(), Status: referral.SourceOK}, Asked: answers[i].asked}
		r, err := answers[i].reading, answers[i].err
		if err != nil {
			if !answers[i].held {
				failed[s.ID()] = err
			}
			failure := failureOf(err)
			status.Status, status.Issue, status.Foreign = referral.SourceFailed, failure.Issue, failure.Kind == Doubtful
			if errors.Is(err, ErrReauthenticate) {
				signIn, signInOf = err, s.ID()
			}
			if first == nil {
				first, firstOf = fmt.Errorf("no source returned anything: %w", failure), s.ID()
			}
		} else {
			usable = true
			status.FetchedAt = &r.FetchedAt
			switch {
			case r.Outcome == cache.Stale:
				if !answers[i].held {
					failed[s.ID()] = r.Err
				}
				status.Status, status.Issue = referral.SourceStale, failureOf(r.Err).Issue
			case r.Value.Partial:
				status.Status, status.Issue = referral.SourcePartial, r.Value.PartialIssue
			}
			result.Facts = append(result.Facts, r.Value.Facts...)
			result.Orphans = append(result.Orphans, r.Value.Orphans...)
			result.Notices = append(result.Notices, r.Value.Notices...)
		}
		if failed := answers[i].failed; failed != nil {
			status.LastTry = &failed.At
		}
		result.Complete = result.Complete && status.Status == referral.SourceOK
		result.Sources = append(result.Sources, status)
	}
	var err error
	switch {
	case usable:
	case signIn != nil:
		err = signIn
		delete(failed, signInOf) // the caller logs what it is given
	default:
		err = first
		delete(failed, firstOf)
	}
	for _, s := range a.d.Sources {
		if why := failed[s.ID()]; why != nil {
			a.d.Failed(ctx, s.ID(), why)
		}
	}
	return result, err
}

// Forget drops what is kept of a citizen and voids loads in progress. After an erasure
// nothing is kept under that pseudonym for anybody: who signs in again has another.
func (a *Aggregator) Forget(ref citizen.Ref) {
	for _, s := range a.d.Sources {
		a.readings.Purge(key(s, ref))
		a.tries.forget(context.Background(), key(s, ref)) // even if the request that asks for it ends
	}
}

func (a *Aggregator) load(s Source, access Access, key string, begun func()) cache.Load[Reading] {
	return func(ctx context.Context) (Reading, time.Duration, error) {
		// Another process may have tried while this one waited for it.
		if last, failed := a.tries.last(ctx, key); failed && last.stands(a.d.Now()) {
			return Reading{}, 0, &heldError{last}
		}
		begun()
		// A late source fails shortly before the callers' own deadline, so that an
		// older reading can be used instead.
		ctx, cancel := context.WithTimeout(ctx, a.d.Timeout-a.d.Timeout/20)
		defer cancel()
		r, err := s.Read(ctx, access)
		if err != nil {
			err = fmt.Errorf("read %s: %w", s.ID(), err)
			a.tries.fail(context.WithoutCancel(ctx), key, a.d.Now(), err) // before another process may load
			return Reading{}, 0, err
		}
		return r, a.d.Fresh, nil
	}
}

func key(s Source, ref citizen.Ref) string { return s.ID() + "/" + string(ref) }
