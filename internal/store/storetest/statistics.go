package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

func testStatistics(t *testing.T, open opener) {
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)

	t.Run("entries are counted by day, kind, outcome and client, in that order", func(t *testing.T) {
		s := open(t)
		service := audit.Entry{Kind: audit.ConfigurationKnown, At: day.Add(24 * time.Hour), Actor: audit.ActorService, Outcome: audit.Succeeded}
		failed := refused(bob, day)
		failed.Outcome = audit.Failed
		other := refused(ann, day.Add(time.Hour))
		other.Client = "app-two"
		for _, e := range []audit.Entry{refused(ann, day), failed, other, refused(bob, day.Add(2*time.Hour)), service} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, e)
			must(t, err)
		}
		got, err := s.Log.Count(t.Context(), day, day.Add(48*time.Hour))
		must(t, err)
		want := []audit.Count{
			{Day: "2026-11-03", Kind: audit.DataRefused, Outcome: audit.Failed, Client: app, Entries: 1},
			{Day: "2026-11-03", Kind: audit.DataRefused, Outcome: audit.Refused, Client: app, Entries: 2},
			{Day: "2026-11-03", Kind: audit.DataRefused, Outcome: audit.Refused, Client: "app-two", Entries: 1},
			{Day: "2026-11-04", Kind: audit.ConfigurationKnown, Outcome: audit.Succeeded, Entries: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("the first instant counts and the last does not; nothing is nil", func(t *testing.T) {
		s := open(t)
		for _, at := range []time.Time{day.Add(-1), day, day.Add(time.Hour - 1), day.Add(time.Hour)} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, at))
			must(t, err)
		}
		got, err := s.Log.Count(t.Context(), day, day.Add(time.Hour))
		if err != nil || len(got) != 1 || got[0].Entries != 2 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err = s.Log.Count(t.Context(), day.Add(24*time.Hour), day.Add(48*time.Hour)); err != nil || got != nil {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
