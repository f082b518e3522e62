package aggregate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// Readings keeps readings between requests.
type Readings interface {
	Get(ctx context.Context, key string, load cache.Load[Reading]) (cache.Result[Reading], error)
	Refresh(ctx context.Context, key string, load cache.Load[Reading]) (cache.Result[Reading], error)
	Purge(key string)
}

// Mode is how old a reading may be.
type Mode int

// The modes.
const (
	Cached  Mode = iota // a fresh reading serves
	Refresh             // the sources are asked even if a fresh reading is there
)

// Status says how a source did.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Stale   Status = "stale"   // an older reading, because the source failed now
	Partial Status = "partial" // the source answered, but not all could be read
	Failed  Status = "failed"  // nothing from this source
)

// SourceStatus is what a source did for one request.
type SourceStatus struct {
	ID        string
	Name      string
	Status    Status
	FetchedAt *time.Time // when the reading was made; nil when there is none
	Issue     Issue      // empty when OK
	Asked     bool       // the source itself was asked, not the cache alone
}

// Result is what all sources together know.
type Result struct {
	Facts   []referral.Facts
	Notices []Notice
	Sources []SourceStatus
	// Complete: every source answered freshly and everything could be read.
	Complete bool
}

// Deps are what an Aggregator needs; all are required.
type Deps struct {
	Sources  []Source
	Readings Readings
	// Fresh is how long a reading serves before the source is asked again.
	Fresh time.Duration
	// Timeout bounds the wait for all sources together.
	Timeout time.Duration
	// Failed hears why a source failed, for the log.
	Failed func(ctx context.Context, source string, err error)
}

// Aggregator asks the sources.
type Aggregator struct{ d Deps }

// New needs every field of d.
func New(d Deps) *Aggregator { return &Aggregator{d: d} }

// Read asks every source, each in its own time. The error is ErrReauthenticate,
// or a problem when no source gave anything.
func (a *Aggregator) Read(ctx context.Context, access Access, mode Mode) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, a.d.Timeout)
	defer cancel()

	type answer struct {
		reading cache.Result[Reading]
		err     error
	}
	get := a.d.Readings.Get
	if mode == Refresh {
		get = a.d.Readings.Refresh
	}
	answers := make([]answer, len(a.d.Sources))
	var all sync.WaitGroup
	for i, s := range a.d.Sources {
		all.Go(func() {
			answers[i].reading, answers[i].err = get(ctx, key(s, access.Citizen.Ref), a.load(s, access))
		})
	}
	all.Wait()

	result := Result{Complete: true}
	var none *Failure
	usable := false
	for i, s := range a.d.Sources {
		status := SourceStatus{ID: s.ID(), Name: s.Name(), Status: OK}
		r, err := answers[i].reading, answers[i].err
		switch {
		case errors.Is(err, ErrReauthenticate) || errors.Is(r.Err, ErrReauthenticate):
			return Result{}, problem.New(problem.ReauthenticationRequired, err)
		case err != nil:
			a.d.Failed(ctx, s.ID(), err)
			none = failureOf(err)
			status.Status, status.Issue, status.Asked = Failed, none.Issue, true
		default:
			usable = true
			status.FetchedAt = &r.FetchedAt
			status.Asked = r.Outcome != cache.Hit
			switch {
			case r.Outcome == cache.Stale:
				a.d.Failed(ctx, s.ID(), r.Err)
				status.Status, status.Issue = Stale, failureOf(r.Err).Issue
			case r.Value.Partial:
				status.Status, status.Issue = Partial, r.Value.PartialIssue
			}
			result.Facts = append(result.Facts, r.Value.Facts...)
			result.Notices = append(result.Notices, r.Value.Notices...)
		}
		result.Complete = result.Complete && status.Status == OK
		result.Sources = append(result.Sources, status)
	}
	if !usable && none != nil {
		return result, problem.New(none.Problem, none)
	}
	return result, nil
}

// Forget drops what is kept of a citizen and voids loads under way.
func (a *Aggregator) Forget(ref citizen.Ref) {
	for _, s := range a.d.Sources {
		a.d.Readings.Purge(key(s, ref))
	}
}

func (a *Aggregator) load(s Source, access Access) cache.Load[Reading] {
	return func(ctx context.Context) (Reading, time.Duration, error) {
		// A source that is late fails a little before nobody waits any more, so
		// that an older reading can stand in for it.
		ctx, cancel := context.WithTimeout(ctx, a.d.Timeout-a.d.Timeout/20)
		defer cancel()
		r, err := s.Read(ctx, access)
		if err != nil {
			return Reading{}, 0, fmt.Errorf("read %s: %w", s.ID(), err)
		}
		return r, a.d.Fresh, nil
	}
}

func key(s Source, ref citizen.Ref) string { return s.ID() + "/" + string(ref) }
