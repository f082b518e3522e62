package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// source is one that does as the test says.
type source struct {
	id   string
	read func(context.Context) (aggregate.Reading, error)

	mu    sync.Mutex
	reads int
}

func (s *source) ID() string   { return s.id }
func (s *source) Name() string { return "Name of " + s.id }
func (s *source) Read(ctx context.Context, _ aggregate.Access) (aggregate.Reading, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	return s.read(ctx)
}

func holds(ids ...string) func(context.Context) (aggregate.Reading, error) {
	var r aggregate.Reading
	for _, id := range ids {
		r.Facts = append(r.Facts, referral.Facts{ID: id})
	}
	return func(context.Context) (aggregate.Reading, error) { return r, nil }
}

func fails(err error) func(context.Context) (aggregate.Reading, error) {
	return func(context.Context) (aggregate.Reading, error) { return aggregate.Reading{}, err }
}

func hangs(ctx context.Context) (aggregate.Reading, error) {
	<-ctx.Done()
	return aggregate.Reading{}, &aggregate.Failure{Issue: referral.IssueTimeout, Kind: aggregate.TooSlow, Cause: ctx.Err()}
}

func failure(issue referral.Issue, kind aggregate.Kind) *aggregate.Failure {
	return &aggregate.Failure{Issue: issue, Kind: kind, Cause: errors.New("why")}
}

// endless is the end of an ID token that outlives every test.
var endless = time.Now().AddDate(1, 0, 0) //nolint:gochecknoglobals // as good as a constant

const (
	timeout  = 9 * time.Second
	fresh    = time.Minute
	hold     = 5 * time.Second
	staleMax = 15 * time.Minute
)

type world struct {
	now    time.Time
	failed []string
}

func newAggregator(t *testing.T, sources ...*source) (*world, *aggregate.Aggregator) {
	t.Helper()
	w := &world{now: time.Now()}
	d := aggregate.Deps{
		Readings: memory.New[aggregate.Reading](100), Now: func() time.Time { return w.now },
		Fresh: fresh, StaleMax: staleMax, Timeout: timeout, Observe: func(string, cache.Outcome) {},
		Failed: func(_ context.Context, source string, err error) {
			w.failed = append(w.failed, fmt.Sprint(source, ": ", err))
		},
	}
	for _, s := range sources {
		d.Sources = append(d.Sources, s)
	}
	a, err := aggregate.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return w, a
}

func read(t *testing.T, a *aggregate.Aggregator) (aggregate.Result, error) {
	t.Helper()
	return a.Read(t.Context(), aggregate.Access{Citizen: citizen.New("ref", citizen.NHSNumber{}, [32]byte{}), IDTokenExpires: endless}, aggregate.Cached)
}

func statuses(r aggregate.Result) map[string]referral.SourceStatus {
	m := map[string]referral.SourceStatus{}
	for _, s := range r.Sources {
		m[s.ID] = s.Status
	}
	return m
}

// kindOf is -1 for what is not a Failure, and for what a new sign-in would help.
func kindOf(err error) aggregate.Kind {
	var f *aggregate.Failure
	if errors.Is(err, aggregate.ErrReauthenticate) || !errors.As(err, &f) {
		return -1
	}
	return f.Kind
}

func TestEverySourceAnswers(t *testing.T) {
	one, two := &source{id: "one", read: holds("a", "b")}, &source{id: "two", read: holds()}
	w, a := newAggregator(t, one, two)
	got, err := read(t, a)
	if err != nil {
		t.Fatal(err)
	}
	want := aggregate.Result{
		Complete: true, Facts: []referral.Facts{{ID: "a"}, {ID: "b"}},
		Sources: []aggregate.SourceOutcome{
			{Source: referral.Source{ID: "one", Name: "Name of one", Status: referral.SourceOK, FetchedAt: &w.now}, Asked: true},
			{Source: referral.Source{ID: "two", Name: "Name of two", Status: referral.SourceOK, FetchedAt: &w.now}, Asked: true},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	t.Run("what is fresh is not asked again, and says when it was fetched", func(t *testing.T) {
		at := w.now
		w.now = w.now.Add(fresh - time.Second)
		got, err := read(t, a)
		if err != nil || one.reads != 1 || got.Sources[0].Asked || !got.Sources[0].FetchedAt.Equal(at) {
			t.Errorf("%+v, %v after %d reads", got, err, one.reads)
		}
		w.now = w.now.Add(2 * time.Second)
		if _, err := read(t, a); err != nil || one.reads != 2 {
			t.Errorf("%v after %d reads", err, one.reads)
		}
	})
	t.Run("what is forgotten is asked again", func(t *testing.T) {
		before := one.reads
		a.Forget("somebody else")
		if _, err := read(t, a); err != nil || one.reads != before {
			t.Errorf("%v after %d reads", err, one.reads)
		}
		a.Forget("ref")
		if _, err := read(t, a); err != nil || one.reads != before+1 {
			t.Errorf("%v after %d reads", err, one.reads)
		}
	})
}

func TestOneSourceFailsAlone(t *testing.T) {
	good, bad := &source{id: "good", read: holds("a")}, &source{id: "bad"}
	for issue, cause := range map[referral.Issue]error{
		referral.IssueTimeout:      fmt.Errorf("read: %w", failure(referral.IssueTimeout, aggregate.TooSlow)),
		referral.IssueStructure:    failure(referral.IssueStructure, aggregate.Unavailable),
		referral.IssueBusinessRule: &aggregate.Failure{Issue: referral.IssueBusinessRule, NotStale: true, Cause: errors.New("no")},
		referral.IssueException:    errors.New("an unforeseen error"),
	} {
		bad.read = fails(cause)
		w, a := newAggregator(t, bad, good)
		got, err := read(t, a)
		if err != nil || got.Complete || len(got.Facts) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		s := got.Sources[0]
		if s.Status != referral.SourceFailed || s.Issue != issue || s.FetchedAt != nil || !s.Asked || got.Sources[1].Status != referral.SourceOK {
			t.Errorf("%s: %+v", issue, got.Sources)
		}
		if len(w.failed) != 1 || !strings.HasPrefix(w.failed[0], "bad: ") {
			t.Errorf("the log heard %v", w.failed)
		}
	}
}

// A failure is in one line of the log: the caller logs what it is given.
func TestAFailureIsLoggedOnce(t *testing.T) {
	one, two := &source{id: "one", read: fails(errors.New("first"))}, &source{id: "two", read: fails(failure(referral.IssueTimeout, aggregate.TooSlow))}
	w, a := newAggregator(t, one, two)
	if _, err := read(t, a); err == nil || !strings.Contains(err.Error(), "first") || len(w.failed) != 1 || !strings.HasPrefix(w.failed[0], "two: ") {
		t.Errorf("%v, and the log heard %v", err, w.failed)
	}
	w, a = newAggregator(t, one)
	if _, err := read(t, a); err == nil || len(w.failed) != 0 {
		t.Errorf("%v, and the log heard %v", err, w.failed)
	}
}

func TestPartialReading(t *testing.T) {
	notices := []referral.Notice{{Code: referral.UnreadableItem, Count: 2}}
	s := &source{id: "one", read: func(context.Context) (aggregate.Reading, error) {
		return aggregate.Reading{Facts: []referral.Facts{{ID: "a"}}, Notices: notices, Partial: true, PartialIssue: referral.IssueStructure}, nil
	}}
	_, a := newAggregator(t, s)
	for range 2 { // loaded, then from the cache
		got, err := read(t, a)
		if err != nil || got.Complete || got.Sources[0].Status != referral.SourcePartial || got.Sources[0].Issue != referral.IssueStructure {
			t.Errorf("%+v, %v", got, err)
		}
		if diff := cmp.Diff(notices, got.Notices); diff != "" {
			t.Error(diff)
		}
	}
}

func TestStaleReading(t *testing.T) {
	s := &source{id: "one", read: holds("a")}
	w, a := newAggregator(t, s)
	at := w.now
	if _, err := read(t, a); err != nil {
		t.Fatal(err)
	}
	t.Run("stands in for a source that fails", func(t *testing.T) {
		w.now = at.Add(10 * time.Minute)
		s.read = fails(failure(referral.IssueTransient, aggregate.Unavailable))
		got, err := read(t, a)
		if err != nil || got.Complete || len(got.Facts) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		if one := got.Sources[0]; one.Status != referral.SourceStale || one.Issue != referral.IssueTransient || !one.FetchedAt.Equal(at) || !one.Asked {
			t.Errorf("%+v", one)
		}
		if len(w.failed) != 1 {
			t.Errorf("the log heard %v", w.failed)
		}
		for range 5 { // and is not asked again at once
			got, err := read(t, a)
			if err != nil || got.Complete || got.Sources[0].Asked || !got.Sources[0].LastTry.Equal(w.now) || s.reads != 2 {
				t.Errorf("%+v, %v after %d reads", got, err, s.reads)
			}
		}
		w.now = w.now.Add(hold)
	})
	t.Run("never for another person's data, nor for a refusal", func(t *testing.T) {
		refusal := failure(referral.IssueBusinessRule, aggregate.Unavailable)
		refusal.NotStale = true
		s.read = fails(fmt.Errorf("read: %w", refusal))
		got, err := read(t, a)
		if kindOf(err) != aggregate.Unavailable || len(got.Facts) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("never for an unforeseen error", func(t *testing.T) {
		w.now = w.now.Add(hold)
		s.read = fails(errors.New("bug"))
		if got, err := read(t, a); kindOf(err) != aggregate.Unavailable || len(got.Facts) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("never where the citizen must sign in again", func(t *testing.T) {
		s.read = fails(fmt.Errorf("token: %w", aggregate.ErrReauthenticate))
		if got, err := read(t, a); !errors.Is(err, aggregate.ErrReauthenticate) || len(got.Facts) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("not beyond its time", func(t *testing.T) {
		w.now = at.Add(fresh + staleMax + time.Second)
		s.read = fails(failure(referral.IssueTransient, aggregate.Unavailable))
		if got, err := read(t, a); kindOf(err) != aggregate.Unavailable || len(got.Facts) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("not after it was forgotten", func(t *testing.T) {
		w.now = w.now.Add(hold)
		s.read = holds("a")
		if _, err := read(t, a); err != nil {
			t.Fatal(err)
		}
		a.Forget("ref")
		s.read = fails(failure(referral.IssueTransient, aggregate.Unavailable))
		if got, err := read(t, a); err == nil {
			t.Errorf("%+v", got)
		}
	})
}

func TestNoSourceGivesAnything(t *testing.T) {
	for kind, cause := range map[aggregate.Kind]error{
		aggregate.Unavailable:         failure(referral.IssueTransient, aggregate.Unavailable),
		aggregate.Busy:                failure(referral.IssueTransient, aggregate.Busy),
		aggregate.TooSlow:             failure(referral.IssueTimeout, aggregate.TooSlow),
		aggregate.IdentityLevelTooLow: failure(referral.IssueBusinessRule, aggregate.IdentityLevelTooLow),
	} {
		_, a := newAggregator(t, &source{id: "one", read: fails(cause)})
		got, err := read(t, a)
		if kindOf(err) != kind {
			t.Errorf("kind %d: %v", kind, err)
		}
		if len(got.Sources) != 1 || got.Sources[0].Status != referral.SourceFailed {
			t.Errorf("kind %d: the audit log does not name who was asked: %+v", kind, got)
		}
	}
}

func TestSlowSources(t *testing.T) {
	t.Run("cost their own part and not more than the time for all", func(t *testing.T) {
		_, a := newAggregator(t, &source{id: "slow", read: hangs}, &source{id: "quick", read: holds("a")})
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			got, err := read(t, a)
			if took := time.Since(began); err != nil || took > timeout {
				t.Fatalf("took %s: %v", took, err)
			}
			want := map[string]referral.SourceStatus{"slow": referral.SourceFailed, "quick": referral.SourceOK}
			if diff := cmp.Diff(want, statuses(got)); diff != "" || got.Sources[0].Issue != referral.IssueTimeout {
				t.Error(diff)
			}
		})
	})
	t.Run("alone are upstream_timeout", func(t *testing.T) {
		deaf := &source{id: "deaf", read: func(context.Context) (aggregate.Reading, error) {
			time.Sleep(time.Minute) // hears no deadline
			return aggregate.Reading{}, nil
		}}
		_, a := newAggregator(t, deaf)
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := read(t, a)
			if took := time.Since(began); took > timeout || kindOf(err) != aggregate.TooSlow {
				t.Errorf("took %s: %v", took, err)
			}
			time.Sleep(2 * time.Minute)
		})
	})
	t.Run("give way to an older reading in time", func(t *testing.T) {
		s := &source{id: "slow", read: holds("a")}
		w, a := newAggregator(t, s)
		if _, err := read(t, a); err != nil {
			t.Fatal(err)
		}
		w.now, s.read = w.now.Add(5*time.Minute), hangs
		synctest.Test(t, func(t *testing.T) {
			got, err := read(t, a)
			if err != nil || got.Sources[0].Status != referral.SourceStale || got.Sources[0].Issue != referral.IssueTimeout || len(got.Facts) != 1 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	})
}
