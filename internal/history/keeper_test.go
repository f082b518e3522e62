package history_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
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
		if got := b.Observe(t.Context(), ann, "another-app", whole(day(1), facts(heart, referral.StateReviewed))); got != nil {
			t.Errorf("got %v", got)
		}
		if b.store.reads != reads || b.store.writes != 1 {
			t.Errorf("%d reads, %d writes", b.store.reads-reads, b.store.writes)
		}
	})
	t.Run("of two concurrent devices one records, and both get the same", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.clock.Set(day(3))
		meet := make(chan struct{})
		var arrived sync.WaitGroup
		arrived.Add(2)
		var once sync.Map
		b.store.beforeRecord = func() { // the first step of each waits for the other's
			if n, _ := once.LoadOrStore("steps", new(sync.Mutex)); n != nil {
				select {
				case <-meet:
				default:
					arrived.Done()
					<-meet
				}
			}
		}
		go func() { arrived.Wait(); close(meet) }()
		var devices sync.WaitGroup
		observed := make([][]referral.Observed, 2)
		for i := range observed {
			devices.Go(func() {
				observed[i] = b.Observe(t.Context(), ann, app, whole(day(3), facts(heart, referral.StateSentBack)))
			})
		}
		devices.Wait()
		if diff := cmp.Diff(observed[0], observed[1]); diff != "" || len(observed[0]) != 2 {
			t.Errorf("%v, and %s", observed[0], diff)
		}
		if b.store.writes != 2 {
			t.Errorf("%d writes", b.store.writes)
		}
	})
	t.Run("an impossible step is counted once, when it is durable", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, facts(heart, referral.StateNotBooked))
		for range 3 {
			b.observe(t, 1, facts(heart, referral.StateSentBack))
		}
		if b.impossible != 1 {
			t.Errorf("counted %d times", b.impossible)
		}
	})
	t.Run("a caller who leaves does not take the observation along", func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := b.Observe(ctx, ann, app, whole(day(0), waiting)); len(got) != 1 || b.store.writes != 1 {
			t.Errorf("got %v, %d writes", got, b.store.writes)
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
	t.Run("a store that cannot be written: what is durable is still shown, and what is not durable is not", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.observe(t, 0, waiting) // remembered
		b.store.err = broken
		got := b.observe(t, 1, facts(heart, referral.StateReviewed))
		if len(got) != 1 || got[0].State != referral.StateAwaitingTriage || !errors.Is(b.failed(), broken) {
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
	t.Run("a citizen who was erased in the meantime is not a failure", func(t *testing.T) {
		b := newBench(t)
		b.store.beforeRecord = func() { b.store.err = citizen.ErrNoSubject }
		if got := b.observe(t, 0, waiting); got != nil || b.failed() != nil {
			t.Errorf("got %v, failed %v", got, b.failed())
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
			got := b.Observe(t.Context(), "BOBSPSEUDONYM", app, partly(day(1)))
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
