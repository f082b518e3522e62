package history_test

import (
	"errors"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

func TestForget(t *testing.T) {
	waiting := facts(heart, referral.StateAwaitingTriage)
	changes := func(t *testing.T, b *bench) int {
		t.Helper()
		b.consents.allow(app)
		got, err := b.Changes(t.Context(), ann, app, history.Query{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}

	t.Run("what is forgotten is no longer shown, not even from memory", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0)
		b.observe(t, 1, waiting)
		if n := changes(t, b); n != 1 {
			t.Fatalf("%d changes", n)
		}
		if err := b.Forget(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		if n := changes(t, b); n != 0 {
			t.Errorf("%d changes", n)
		}
		if got := b.observe(t, 9, waiting); len(got) != 1 || !got[0].Since.Equal(day(9)) {
			t.Errorf("after consenting again: %v", got)
		}
	})
	t.Run("a withdrawal while a reading is being added leaves nothing", func(t *testing.T) {
		for name, before := range map[string][]referral.Facts{"of the first": nil, "of a later": {waiting}} {
			b := newBench(t)
			if before != nil {
				b.observe(t, 0, before...)
			}
			seen := b.Observe(t.Context(), ann, app, whole(noon(), facts(heart, referral.StateReviewed)))
			b.consents.allow() // withdrawn after it was decided, before it is written
			if err := b.ForgetUnwanted(t.Context(), ann); err != nil {
				t.Error(err)
			}
			if err := b.log(t, ann, seen); !errors.Is(err, history.ErrConflict) || len(b.store.held[ann].Rows) != 0 {
				t.Errorf("%s reading: error %v, %d rows", name, err, len(b.store.held[ann].Rows))
			}
			if got := b.Observe(t.Context(), ann, app, whole(noon(), waiting)); got.Observed != nil || got.Change != nil {
				t.Errorf("%s reading: again %v", name, got)
			}
		}
	})
	t.Run("a withdrawal takes the history when no other client's consent covers it", func(t *testing.T) {
		b := newBench(t)
		b.consents.allow(app, "app-two")
		b.observe(t, 0, waiting)
		for _, tt := range []struct {
			left []client.ID
			rows int
		}{{[]client.ID{"app-two"}, 2}, {nil, 0}} {
			b.consents.allow(tt.left...)
			if err := b.ForgetUnwanted(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
			if n := len(b.store.held[ann].Rows); n != tt.rows {
				t.Errorf("with consent of %v left: %d rows", tt.left, n)
			}
		}
	})
	t.Run("where consents cannot be read nothing is forgotten by mistake", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.consents.err = errors.New("no")
		if err := b.ForgetUnwanted(t.Context(), ann); err == nil || len(b.store.held[ann].Rows) == 0 {
			t.Errorf("%v, %d rows", err, len(b.store.held[ann].Rows))
		}
	})
}

func TestRemoveExpired(t *testing.T) {
	waiting := facts(heart, referral.StateAwaitingTriage)

	t.Run("removes what no consent covers any more, as after a crash or at its end", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		b.consents.allow()
		if err := b.RemoveExpired(t.Context()); err != nil || len(b.store.held[ann].Rows) != 0 {
			t.Errorf("error %v, %d rows", err, len(b.store.held[ann].Rows))
		}
	})
	t.Run("removes what is older than the retention, of a citizen who never came back", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting, facts(eyes, referral.StateNotBooked))
		b.observe(t, 50, waiting)
		b.clock.Set(day(101)) // heart was first seen on day 0, and confirmed on day 50
		if err := b.RemoveExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := b.Changes(t.Context(), ann, app, history.Query{Limit: 10})
		if err != nil || len(got) != 1 || got[0].Kind != referral.ChangeGone {
			t.Errorf("%v, %v", got, err)
		}
		b.clock.Set(day(151))
		if err := b.RemoveExpired(t.Context()); err != nil || len(b.store.held[ann].Rows) != 0 {
			t.Errorf("error %v, %d rows", err, len(b.store.held[ann].Rows))
		}
	})
	t.Run("does not touch what is in order", func(t *testing.T) {
		b := newBench(t)
		b.observe(t, 0, waiting)
		if err := b.RemoveExpired(t.Context()); err != nil || b.store.writes != 1 {
			t.Errorf("error %v, %d writes", err, b.store.writes)
		}
	})
	t.Run("seals again under the active key, so that the old one can be removed", func(t *testing.T) {
		old, fresh := keys.Generate("old"), keys.Generate("new")
		parse := func(text string) func(*history.Deps) {
			r, err := keys.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			return func(d *history.Deps) { d.Ring = r }
		}
		first := newBench(t, parse(old))
		first.observe(t, 0, waiting)
		withStore := func(d *history.Deps) { d.Store = first.store }
		if err := newBench(t, parse(fresh+old), withStore).RemoveExpired(t.Context()); err != nil {
			t.Fatal(err)
		}
		later := newBench(t, parse(fresh), withStore)
		if got := later.observe(t, 5, waiting); len(got) != 1 || !got[0].Since.Equal(day(0)) || later.failed() != nil {
			t.Errorf("got %v, failed %v", got, later.failed())
		}
	})
	t.Run("goes through all citizens, and reports one citizen's failure without stopping", func(t *testing.T) {
		b := newBench(t)
		for _, ref := range []citizen.Ref{"A", "B", "C"} {
			b.show(t, ref, whole(noon(), waiting))
		}
		b.store.held["B"].Rows[0].Sealed = nil
		b.clock.Set(day(150))
		err := b.RemoveExpired(t.Context())
		if !errors.Is(err, keys.ErrNotOpened) || len(b.store.held["A"].Rows)+len(b.store.held["C"].Rows) != 0 {
			t.Errorf("error %v, A %d rows, C %d rows", err, len(b.store.held["A"].Rows), len(b.store.held["C"].Rows))
		}
	})
}
