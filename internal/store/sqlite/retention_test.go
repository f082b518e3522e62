package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

// years is a time that many years after the samples' first.
func years(n int) func() time.Time {
	return func() time.Time { return at(0).AddDate(n, 0, 1) }
}

func retention(db *DB, now func() time.Time) audit.Retention {
	return audit.Retention{Store: db.Log(), Now: now, Correlations: config.Period{Days: 90}.Before, Openings: config.Period{Years: 8}.Before}
}

// standing returns the places of the entries that still have an opening, and of those
// whose correlation id can still be looked up.
func standing(t *testing.T, db *DB) (openings, correlations []int64) {
	t.Helper()
	page, err := db.Log().Records(t.Context(), -1, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page {
		if r.Opening != nil {
			openings = append(openings, r.Seq)
		}
		if r.Opening != nil && r.Opening.Correlation != nil {
			correlations = append(correlations, r.Seq)
		}
	}
	return openings, correlations
}

func appended(t *testing.T, db *DB, e audit.Entry) {
	t.Helper()
	if _, err := db.Log().Append(t.Context(), audit.Guard{}, e); err != nil {
		t.Fatal(err)
	}
}

func reason(t *testing.T, text string) subject.Ground {
	t.Helper()
	why, err := subject.ParseGround("legal", "", text)
	if err != nil {
		t.Fatal(err)
	}
	return why
}

func holdEntry(k audit.Kind, ref citizen.Ref) audit.Entry {
	return audit.Entry{Kind: k, At: at(0), Citizen: ref, Actor: audit.ActorOperator, Outcome: audit.Succeeded}
}

// removeDue removes everything that is due, as if somebody had approved it.
func removeDue(ctx context.Context, r audit.Retention) (audit.Retained, error) {
	plan, err := r.Plan(ctx)
	if err != nil {
		return audit.Retained{}, err
	}
	var done audit.Retained
	if plan.Due.Openings+plan.Due.Consents > 0 {
		e := audit.Entry{Kind: audit.Pruned, At: r.Now(), Actor: audit.ActorOperator, Outcome: audit.Succeeded}
		if done, err = r.Remove(ctx, plan, e); err != nil {
			return done, err
		}
	}
	// Not r.Forget: years between two entries make it doubt the clock.
	done.Correlations, err = r.Store.ForgetCorrelations(ctx, r.Correlations(r.Now()), plan.Due.Correlations+1)
	return done, err
}

func TestRetention(t *testing.T) {
	aged := func(years int, who citizen.Ref) audit.Entry {
		e := sample(0)
		e.At, e.Citizen = e.At.AddDate(years, 0, 0), who
		return e
	}

	t.Run("correlation ids go after 90 days, openings after 8 years, leaves never", func(t *testing.T) {
		db := openNew(t)
		for i := range 1200 { // more than two steps
			appended(t, db, aged(0, citizen.Ref(rune('A'+i%20))))
		}
		appended(t, db, aged(8, "ANN"))
		known := checkpointOf(t, db)

		done, err := removeDue(t.Context(), retention(db, years(1)))
		if err != nil || done != (audit.Retained{Correlations: 1200}) {
			t.Errorf("after a year: %+v, %v", done, err)
		}
		done, err = removeDue(t.Context(), retention(db, years(8)))
		if err != nil || done != (audit.Retained{Openings: 1200}) {
			t.Errorf("after 8 years: %+v, %v", done, err)
		}
		report, err := audit.Verify(t.Context(), db.Log(), known)
		if err != nil || report.Removed != 1200 || report.Entries != 1202 || report.Vouched != 1201 {
			t.Errorf("%+v, %v", report, err)
		}
		if p, err := audit.ProveInclusion(t.Context(), db.Log(), 1200, 1201); err != nil || p.Root != known.Root {
			t.Errorf("%+v, %v", p, err)
		}
	})

	t.Run("consents go with what opens their entries, once they have ended; not while they run, nor under hold", func(t *testing.T) {
		db := openNew(t)
		notices, err := consent.BundledNotices()
		if err != nil {
			t.Fatal(err)
		}
		clock, ids := at(0), 0
		ledger, err := consent.NewLedger(consent.Deps{
			Store: db.Consents(), Notices: notices, Now: func() time.Time { return clock }, NewID: func() string { ids++; return fmt.Sprint("consent-", ids) },
			Life: 5 * 365 * 24 * time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, ref := range []citizen.Ref{"ANN", "BOB", "EVE", "ZOE"} {
			s := subjectOf(ref, string(ref))
			s.Lookup.MAC[1] = byte(i)
			if _, err := db.Subjects().AddSubject(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			g := consent.Grant{Citizen: ref, Client: "app-one", Scopes: []consent.Scope{consent.TimelineRead}, NoticeVersion: notices.InForce().Version, Channel: "web"}
			c, _, err := ledger.Grant(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if ref != "BOB" { // whose consent ends by itself, five years later
				if _, err := ledger.Withdraw(t.Context(), ref, c.ID, client.Web, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
		clock = years(7)()
		if _, _, err := ledger.Grant(t.Context(), consent.Grant{
			Citizen: "ZOE", Client: "app-one", Scopes: []consent.Scope{consent.TimelineRead}, NoticeVersion: notices.InForce().Version, Channel: "web",
		}); err != nil {
			t.Fatal(err)
		}
		holds := subject.Holds{Store: db.Log(), Now: years(7), NewID: func() string { return "hold-1" }}
		if _, err := holds.Place(t.Context(), "EVE", reason(t, "inquest"), holdEntry(audit.HoldPlaced, "EVE")); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			year int
			want []citizen.Ref
		}{{7, []citizen.Ref{"ANN", "BOB", "EVE", "ZOE"}}, {8, []citizen.Ref{"BOB", "EVE", "ZOE"}}, {13, []citizen.Ref{"EVE", "ZOE"}}} {
			if _, err := removeDue(t.Context(), retention(db, years(c.year))); err != nil {
				t.Fatal(err)
			}
			got, err := db.Consents().Citizens(t.Context(), "", 10)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("after %d years those of %v, %v", c.year, got, err)
			}
			if _, err := consent.CompareWithLog(t.Context(), db.Consents(), db.Log(), years(c.year-8)()); err != nil {
				t.Error(err)
			}
		}
		if events, err := db.Consents().Events(t.Context(), "ZOE"); err != nil || len(events) != 1 || events[0].Kind != consent.Granted {
			t.Errorf("of the one who agreed again: %+v, %v", events, err)
		}
	})

	t.Run("each act of retention is in the log, also what was held when its entries were due", func(t *testing.T) {
		db := openNew(t)
		if _, err := db.Subjects().AddSubject(t.Context(), subjectOf("ANN", "ann")); err != nil {
			t.Fatal(err)
		}
		appended(t, db, aged(0, "ANN"))
		appended(t, db, aged(0, ""))
		holds := subject.Holds{Store: db.Log(), Now: years(1), NewID: func() string { return "hold-1" }}
		if _, err := holds.Place(t.Context(), "ANN", reason(t, "inquest"), holdEntry(audit.HoldPlaced, "ANN")); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{1, 2} {
			if _, err := removeDue(t.Context(), retention(db, years(9))); err != nil {
				t.Fatal(err)
			}
			r, err := audit.Verify(t.Context(), db.Log())
			if err != nil || len(r.Prunings) != want {
				t.Errorf("%+v, %v", r, err)
			}
			if i == 0 {
				if err := holds.Lift(t.Context(), "hold-1", reason(t, "the inquest is over"), holdEntry(audit.HoldLifted, "")); err != nil {
					t.Fatal(err)
				}
			}
		}
	})

	t.Run("a consent stays while its entry is not older than what was agreed to, or not below that place", func(t *testing.T) {
		db := openNew(t)
		event := consent.Event{
			Seq: 1, ID: "consent-1", Kind: consent.Withdrawn, Citizen: "ANN", Client: "app-one", Scopes: []consent.Scope{}, Asked: []consent.Scope{},
			Notice: "n", NoticeDigest: "d", Language: "en", Channel: "web", At: at(0),
		}
		// Its entry is a year younger than it says itself: the clock was set back.
		appended(t, db, aged(1, ""))
		if err := db.Consents().Record(t.Context(), 0, event, aged(0, "")); err != nil {
			t.Fatal(err)
		}
		r := retention(db, years(8))
		if _, err := removeDue(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		left := func() int {
			t.Helper()
			events, err := db.Consents().Events(t.Context(), "ANN")
			if err != nil {
				t.Fatal(err)
			}
			return len(events)
		}
		if left() != 1 {
			t.Error("it went before its entry")
		}
		e := audit.Entry{Kind: audit.Pruned, At: at(0), Actor: audit.ActorOperator, Outcome: audit.Succeeded}
		if _, err := r.Remove(t.Context(), audit.Plan{Before: 1, OlderThan: years(20)()}, e); err != nil || left() != 1 {
			t.Errorf("%d are left, %v", left(), err)
		}
		if _, err := r.Remove(t.Context(), audit.Plan{Before: 2, OlderThan: years(20)()}, e); err != nil || left() != 0 {
			t.Errorf("%d are left, %v", left(), err)
		}
	})

	t.Run("a second run finds nothing to do and says nothing", func(t *testing.T) {
		db := openNew(t)
		fill(t, db, 3)
		for want := range []int{0, 1} {
			done, err := removeDue(t.Context(), retention(db, years(9)))
			if err != nil || (done == audit.Retained{}) != (want == 1) {
				t.Errorf("run %d: %+v, %v", want, done, err)
			}
		}
		if n := whole(t, db); n != 4 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("what is under hold stays, openings and correlations", func(t *testing.T) {
		db := openNew(t)
		if _, err := db.Subjects().AddSubject(t.Context(), subjectOf("ANN", "ann")); err != nil {
			t.Fatal(err)
		}
		for _, who := range []citizen.Ref{"ANN", "BOB", "ANN", ""} {
			appended(t, db, aged(0, who))
		}
		holds := subject.Holds{Store: db.Log(), Now: years(1), NewID: func() string { return "hold-1" }}
		if _, err := holds.Place(t.Context(), "ANN", reason(t, "inquest"), holdEntry(audit.HoldPlaced, "ANN")); err != nil {
			t.Fatal(err)
		}
		if _, err := removeDue(t.Context(), retention(db, years(9))); err != nil {
			t.Fatal(err)
		}
		openings, correlations := standing(t, db)
		if !slices.Equal(openings[:2], []int64{0, 2}) || !slices.Equal(correlations, []int64{0, 2}) {
			t.Errorf("openings %v, correlations %v", openings, correlations)
		}
		if err := erase(t, db, "ANN"); !errors.Is(err, audit.ErrHeld) {
			t.Errorf("erasing: %v", err)
		}
		if err := holds.Lift(t.Context(), "hold-1", reason(t, "the inquest is over"), holdEntry(audit.HoldLifted, "")); err != nil {
			t.Fatal(err)
		}
		if err := holds.Lift(t.Context(), "hold-1", reason(t, "the inquest is over"), holdEntry(audit.HoldLifted, "")); !errors.Is(err, audit.ErrNoHold) {
			t.Errorf("lifted twice: %v", err)
		}
		if _, err := removeDue(t.Context(), retention(db, years(9))); err != nil {
			t.Fatal(err)
		}
		openings, correlations = standing(t, db)
		if openings[0] <= 2 || len(correlations) != 0 {
			t.Errorf("after lifting: openings %v, correlations %v", openings, correlations)
		}
		if err := erase(t, db, "ANN"); err != nil {
			t.Error(err)
		}
		whole(t, db)
	})

	t.Run("a hold on everything stops all of it", func(t *testing.T) {
		db := openNew(t)
		fill(t, db, 3)
		holds := subject.Holds{Store: db.Log(), Now: years(1), NewID: func() string { return "hold-1" }}
		if _, err := holds.Place(t.Context(), "", reason(t, "inquiry"), holdEntry(audit.HoldPlaced, "")); err != nil {
			t.Fatal(err)
		}
		done, err := removeDue(t.Context(), retention(db, years(9)))
		if err != nil || done != (audit.Retained{}) {
			t.Errorf("%+v, %v", done, err)
		}
		all, err := db.Log().Holds(t.Context())
		if err != nil || len(all) != 1 || all[0].Reason != "legal: inquiry" || all[0].LiftedAt != nil {
			t.Errorf("%+v, %v", all, err)
		}
		whole(t, db)
	})

	t.Run("an entry that a wrong clock dated ahead, and those behind it, are kept until that time is over", func(t *testing.T) {
		db := openNew(t)
		for _, age := range []int{0, 5, 0} {
			appended(t, db, aged(age, "ANN"))
		}
		if _, err := removeDue(t.Context(), retention(db, years(9))); err != nil {
			t.Fatal(err)
		}
		if openings, _ := standing(t, db); !slices.Equal(openings, []int64{1, 2, 3}) {
			t.Errorf("openings %v", openings)
		}
		whole(t, db)
	})

	t.Run("an opening that was deleted beyond what the log tells is found", func(t *testing.T) {
		db := openNew(t)
		fill(t, db, 5)
		if err := asWriter(t, db, `INSERT INTO log_prunings (before) VALUES (3)`, `DROP TRIGGER log_openings_only_shrink`, `UPDATE log_openings SET openings = x''`); err != nil {
			t.Fatal(err)
		}
		_, err := audit.Verify(t.Context(), db.Log())
		var f *audit.Fault
		if !errors.As(err, &f) || f.Kind != audit.Missing || f.First != 0 {
			t.Errorf("error %v", err)
		}
	})

	t.Run("times that are too short are refused before anything goes", func(t *testing.T) {
		db := openNew(t)
		fill(t, db, 1)
		sooner := retention(db, years(99))
		sooner.Openings = config.Period{Days: 89}.Before
		for _, r := range []audit.Retention{sooner, {Store: db.Log(), Now: years(99)}} {
			if _, err := removeDue(t.Context(), r); err == nil {
				t.Error("it ran")
			}
		}
	})

	t.Run("it stops when its time is over", func(t *testing.T) {
		db := openNew(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := removeDue(ctx, retention(db, years(9))); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}
