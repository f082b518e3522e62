package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func signsOut(context.Context) (aggregate.Reading, error) {
	return aggregate.Reading{}, fmt.Errorf("token: %w", aggregate.ErrReauthenticate)
}

func TestOneSourcesSignInCostsItsOwnPart(t *testing.T) {
	_, a := newAggregator(t, &source{id: "good", read: holds("a")}, &source{id: "wants sign-in", read: signsOut})
	got, err := read(t, a)
	if err != nil || len(got.Facts) != 1 || got.Complete {
		t.Fatalf("%+v, %v", got, err)
	}
	if s := got.Sources[1]; s.Status != referral.SourceFailed || s.Issue != referral.IssueBusinessRule || s.FetchedAt != nil {
		t.Errorf("%+v", s)
	}
}

func TestTheCitizenIsAskedToSignInWhenNothingElseCouldBeShown(t *testing.T) {
	down := &source{id: "down", read: fails(failure(referral.IssueTransient, aggregate.Unavailable))}
	_, a := newAggregator(t, down, &source{id: "wants sign-in", read: signsOut})
	got, err := read(t, a)
	if !errors.Is(err, aggregate.ErrReauthenticate) || len(got.Facts) != 0 || len(got.Sources) != 2 || !got.Sources[0].Asked || !got.Sources[1].Asked {
		t.Errorf("%+v, %v", got, err)
	}
}

// Its empty answer would say "the NHS has nothing for you".
func TestNothingIsReadWithoutASource(t *testing.T) {
	if _, err := aggregate.New(aggregate.Deps{}); !errors.Is(err, aggregate.ErrNoSource) {
		t.Errorf("got %v", err)
	}
}

func TestAPurgeOnTheWayIsAskedAgainOnce(t *testing.T) {
	for purges, usable := range map[int]bool{1: true, 2: false} {
		var a *aggregate.Aggregator
		s := &source{id: "one"}
		left := purges
		s.read = func(ctx context.Context) (aggregate.Reading, error) {
			if left > 0 {
				left--
				a.Forget("ref")
			}
			return holds("a")(ctx)
		}
		_, a = newAggregator(t, s)
		got, err := read(t, a)
		if (err == nil) != usable || (len(got.Facts) == 1) != usable || s.reads != 2 {
			t.Errorf("%d purges: %+v, %v after %d reads", purges, got, err, s.reads)
		}
	}
}

func TestAPanicInASourceCostsItsOwnPart(t *testing.T) {
	faulty := &source{id: "faulty", read: func(context.Context) (aggregate.Reading, error) { panic("fault in a source") }}
	_, a := newAggregator(t, faulty, &source{id: "good", read: holds("a")})
	got, err := read(t, a)
	if err != nil || len(got.Facts) != 1 || got.Complete || got.Sources[0].Status != referral.SourceFailed || got.Sources[0].Issue != referral.IssueException {
		t.Fatalf("%+v, %v", got, err)
	}
	faulty.read = holds("b")
	if got, err := read(t, a); err != nil || len(got.Facts) != 2 || !got.Complete {
		t.Errorf("the next request got %+v, %v", got, err)
	}
}

// A refresh was refused while an older reading was still fresh: the next request
// must not show that one as if nothing had happened, nor put it in the place of a
// source that is down.
func TestARefusalEndsTheOlderReading(t *testing.T) {
	refusal := failure(referral.IssueBusinessRule, aggregate.Unavailable)
	refusal.NotStale = true
	for name, after := range map[string]error{
		"refused again": refusal,
		"down":          failure(referral.IssueTransient, aggregate.Unavailable),
	} {
		s := &source{id: "one", read: holds("a")}
		w, a := newAggregator(t, s)
		if got, err := read(t, a); err != nil || len(got.Facts) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		w.now = w.now.Add(10 * time.Second)
		s.read = fails(refusal)
		if _, err := a.Read(t.Context(), aggregate.Access{Citizen: citizen.Citizen{Ref: "ref"}, IDTokenExpires: endless}, aggregate.Refresh); err == nil {
			t.Fatal("a refusal was no error")
		}
		s.read = fails(after)
		if got, err := read(t, a); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
