package history_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestObserve(t *testing.T) {
	waiting := facts(heart, referral.StateAwaitingTriage)

	t.Run("the next answer has what was seen, and since when", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		got := b.observe(t, 5, facts(heart, referral.StateReviewed))
		want := []referral.Observed{
			{ReferralID: heart, Stage: referral.Stage{State: referral.StateAwaitingTriage, Phase: referral.PhaseWithService}, Since: day(0)},
			{ReferralID: heart, Stage: referral.Stage{State: referral.StateReviewed, Phase: referral.PhaseWithService}, Since: day(5)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a history in memory needs neither write nor read of the store", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.observe(t, 0, waiting)
		reads, writes := b.store.reads, b.store.writes
		for range 10 {
			b.observe(t, 1, waiting)
		}
		if b.store.writes != writes || b.store.reads != reads {
			t.Errorf("%d reads, %d writes", b.store.reads-reads, b.store.writes-writes)
		}
	})
	t.Run("without consent nothing is kept, shown or even looked up", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		reads := b.store.reads
		b.clock.Set(day(1))
		if got := b.Observe(t.Context(), ann, "another-app", whole(day(1), facts(heart, referral.StateReviewed))); got.Observed != nil || got.Change != nil {
			t.Errorf("got %v", got)
		}
		if b.store.reads != reads || b.store.writes != 1 {
			t.Errorf("%d reads, %d writes", b.store.reads-reads, b.store.writes)
		}
	})
	t.Run("an impossible step is counted once, when it is durable", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, facts(heart, referral.StateNotBooked))
		b.clock.Set(day(1))
		b.Observe(t.Context(), ann, app, whole(day(1), facts(heart, referral.StateSentBack)))
		if b.impossible != 0 {
			t.Error("counted before it was stored")
		}
		for range 3 {
			b.observe(t, 1, facts(heart, referral.StateSentBack))
		}
		if b.impossible != 1 {
			t.Errorf("counted %d times", b.impossible)
		}
	})
	t.Run("a caller who leaves is not a failure", func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := b.Observe(ctx, ann, app, whole(day(0), waiting)); got.Observed != nil || b.failed() != nil {
			t.Errorf("got %v, failed %v", got, b.failed())
		}
	})
}

func TestAFailureCostsTheHistoryAndNothingElse(t *testing.T) {
	broken := errors.New("the disk is gone")
	waiting := facts(heart, referral.StateAwaitingTriage)

	t.Run("a store that cannot be read", func(t *testing.T) {
		b := newBench(t)
		b.store.err = broken
		if got := b.observe(t, 0, waiting); got != nil || !errors.Is(b.failed(), broken) {
			t.Errorf("got %v, failed %v", got, b.failed())
		}
	})
	t.Run("a consent that cannot be read counts as none", func(t *testing.T) {
		b := newBench(t)
		b.consents.err = broken
		if got := b.observe(t, 0, waiting); got != nil || b.store.writes != 0 || !errors.Is(b.failed(), broken) {
			t.Errorf("got %v, %d writes, failed %v", got, b.store.writes, b.failed())
		}
	})
	t.Run("a row that cannot be opened is lost, counted, and written again", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting, facts(eyes, referral.StateNotBooked))
		rows := b.store.held[ann].Rows
		for i := range rows {
			if rows[i].Referral == heart {
				rows[i].Sealed = []byte("not sealed")
			}
		}
		b.ForgetAll()
		got := b.observe(t, 1, waiting, facts(eyes, referral.StateNotBooked))
		if len(got) != 2 || !errors.Is(b.failed(), keys.ErrNotOpened) {
			t.Fatalf("got %v, failed %v", got, b.failed())
		}
		for _, o := range got {
			if o.ReferralID == eyes && !o.Since.Equal(day(0)) {
				t.Errorf("the other referral lost its since: %v", o.Since)
			}
		}
	})
	t.Run("a row of one referral does not pass for another's, nor one citizen's for another's", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		held := b.store.held[ann]
		for i := range held.Rows {
			if held.Rows[i].Referral == heart {
				held.Rows[i].Referral = eyes
			}
		}
		b.store.held["BOBSPSEUDONYM"] = held
		b.ForgetAll()
		for range 3 {
			got := b.show(t, "BOBSPSEUDONYM", partly(day(1)))
			if len(got) != 0 || !errors.Is(b.failed(), keys.ErrNotOpened) {
				t.Errorf("got %v, failed %v", got, b.failed())
			}
		}
		if len(b.failures) != 1 {
			t.Errorf("%d failures: what is lost was not dropped", len(b.failures))
		}
	})
}

func TestNewRefuses(t *testing.T) {
	good := history.Deps{Store: newStore(), Ring: ring(t), Consents: &consents{}, Now: noon}
	for name, spoil := range map[string]func(*history.Deps){
		"no store":                           func(d *history.Deps) { d.Store = nil },
		"no ring":                            func(d *history.Deps) { d.Ring = nil },
		"no consents":                        func(d *history.Deps) { d.Consents = nil },
		"no clock":                           func(d *history.Deps) { d.Now = nil },
		"too few observations to keep since": func(d *history.Deps) { d.Limits.Observations = 2 },
		"no referral":                        func(d *history.Deps) { d.Limits.Referrals = -1 },
		"a retention shorter than writing":   func(d *history.Deps) { d.Limits.Retention = 24 * time.Hour; d.Limits.Confirm = 48 * time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			d := good
			spoil(&d)
			if _, err := history.New(d); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := history.New(good); err != nil {
		t.Errorf("refused what is complete: %v", err)
	}
}
