package citizen

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

func byDay(t time.Time) string { return t.Format(time.DateOnly) }

// foldedPages reads all pages of a log, newest first.
func foldedPages(t interface{ Fatal(args ...any) }, log *audittest.Log, limit int, read func(audit.Cursor, *folder) (audit.Cursor, error)) []line {
	var all []line
	for after, pages := audit.Cursor(0), 0; ; pages++ {
		f := folder{limit: limit, day: byDay}
		next, err := read(after, &f)
		if err != nil || len(f.lines) > limit || pages > len(log.Stored)+1 {
			t.Fatal(err, len(f.lines), pages)
		}
		all = append(all, f.lines...)
		if next == 0 {
			return all
		}
		after = next
	}
}

func TestPollingIsOneLineADay(t *testing.T) {
	t.Parallel()
	log := &audittest.Log{}
	at := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	look := func(kind audit.Kind, app client.ID) {
		at = at.Add(time.Minute)
		log.Add(t, audit.Entry{Kind: kind, Client: app, Actor: audit.ActorCitizen, Citizen: "ANN", Outcome: audit.Succeeded, Purpose: "timeline", At: at})
	}
	for range 118 { // an hour before midnight and after it
		look(audit.DataNotModified, "one")
		look(audit.DataReleased, "two")
	}
	look(audit.ConsentWithdrawn, "one")
	look(audit.ConsentGranted, "one")
	look(audit.DataNotModified, "one")
	f := folder{limit: 50, day: byDay}
	if next, err := fold(t.Context(), log, audit.Filter{NewestFirst: true}, 0, &f); err != nil || next != 0 {
		t.Fatal(next, err)
	}
	var got []string
	for _, l := range f.lines {
		got = append(got, fmt.Sprint(l.newest.Kind, " ", l.newest.Client, " ", l.times, " ", l.since.Format("2 15:04"), "-", l.newest.At.Format("15:04")))
	}
	want := []string{
		"data_not_modified one 1 2 02:59-02:59", "consent_granted one 1 2 02:58-02:58", "consent_withdrawn one 1 2 02:57-02:57",
		"data_released two 89 2 00:00-02:56", "data_not_modified one 88 2 00:01-02:55",
		"data_not_modified one 30 1 23:01-23:59", "data_released two 29 1 23:02-23:58",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Whatever the log and the size of a page: each entry is in exactly one line, and lines
// come newest first.
func TestFoldingLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	kinds := []audit.Kind{audit.DataReleased, audit.DataNotModified, audit.DataRefused, audit.ConsentGranted, audit.SignedIn}
	rapid.Check(t, func(rt *rapid.T) {
		log := &audittest.Log{}
		at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
		for range rapid.IntRange(0, 40).Draw(rt, "entries") {
			at = at.Add(time.Duration(rapid.IntRange(0, 120).Draw(rt, "minutes")) * time.Minute)
			log.Add(t, audit.Entry{
				Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), Client: rapid.SampledFrom([]client.ID{"one", "two"}).Draw(rt, "app"),
				Actor: audit.ActorCitizen, Outcome: audit.Succeeded, At: at,
			})
		}
		lines := foldedPages(rt, log, rapid.IntRange(1, 5).Draw(rt, "limit"), func(after audit.Cursor, f *folder) (audit.Cursor, error) {
			return fold(rt.Context(), log, audit.Filter{NewestFirst: true}, after, f)
		})
		told := 0
		for i, l := range lines {
			told += l.times
			if l.since.After(l.newest.At) || byDay(l.since) != byDay(l.newest.At) || (l.times > 1 && !repeats(l.newest.Kind)) {
				rt.Fatalf("line %+v", l)
			}
			if i > 0 && l.newest.At.After(lines[i-1].newest.At) {
				rt.Fatalf("line %d is newer than the one before it", i)
			}
		}
		if told != len(log.Stored) {
			rt.Fatalf("%d of %d entries are told", told, len(log.Stored))
		}
	})
}
