package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

func testFinding(t *testing.T, open opener) {
	// Entry n is of ann when even, of kind sign_in when a multiple of 3; the clock
	// goes back an hour in the middle.
	fill := func(t *testing.T) Stores {
		t.Helper()
		s := open(t)
		known(t, s, ann, bob)
		for n := range 30 {
			e := refused(ann, noon().Add(time.Duration(n)*time.Minute))
			if n%2 == 1 {
				e.Citizen = bob
			}
			if n%3 == 0 {
				e.Kind, e.Client, e.Outcome = audit.SignedIn, "", audit.Succeeded
			}
			if n%5 == 0 {
				e.Actor, e.Consent = "staff:ada", "consent-1"
			}
			e.CorrelationID = fmt.Sprint("correlation-", n)
			if n >= 15 {
				e.At = e.At.Add(-time.Hour)
			}
			_, err := s.Log.Append(t.Context(), audit.Guard{}, e)
			must(t, err)
		}
		return s
	}
	find := func(t *testing.T, s Stores, f audit.Filter, limit int) (seqs []int64) {
		t.Helper()
		for after := audit.Cursor(0); ; {
			page, err := s.Log.Find(t.Context(), f, after, limit)
			must(t, err)
			if len(page) == 0 {
				return seqs
			}
			if len(page) > limit {
				t.Fatalf("%d records in a page of %d", len(page), limit)
			}
			for _, r := range page {
				e, err := r.Entry()
				must(t, err)
				if !f.Matches(r.Seq, e) {
					t.Errorf("entry %d does not match", r.Seq)
				}
				seqs = append(seqs, r.Seq)
			}
			after = audit.After(page[len(page)-1])
			if again, err := audit.ParseCursor(after.String()); err != nil || again != after {
				t.Fatalf("cursor %v became %v, %v", after, again, err)
			}
		}
	}
	s := fill(t)
	ofAnn, ofBob := listOf(t, s, ann), listOf(t, s, bob)
	third, beyond := int64(3), int64(99)
	filters := map[string]audit.Filter{
		"one number":                      {Seq: &third},
		"a number beyond the end":         {Seq: &beyond},
		"a number in another list":        {Seq: &third, List: ofAnn},
		"a number in its list":            {Seq: &third, List: ofBob},
		"everything":                      {},
		"one citizen":                     {List: ofAnn},
		"one client":                      {Client: app},
		"one kind":                        {Kinds: []audit.Kind{audit.SignedIn}},
		"two kinds":                       {Kinds: []audit.Kind{audit.SignedIn, audit.DataRefused}},
		"one outcome":                     {Outcome: audit.Succeeded},
		"since a time":                    {Since: noon().Add(5 * time.Minute)},
		"until a time":                    {Until: noon().Add(5 * time.Minute)},
		"a citizen's entries of a period": {List: ofBob, Since: noon().Add(-40 * time.Minute), Until: noon().Add(10 * time.Minute)},
		"nobody":                          {List: audit.ListID{1}},
		"one actor":                       {Actor: "staff:ada"},
		"one consent":                     {Consent: "consent-1"},
		"one correlation id":              {CorrelationID: "correlation-7"},
		"one actor's acts for one client": {Actor: "staff:ada", Client: app},
	}
	t.Run("a cursor of another filter leaves nothing out that comes behind it", func(t *testing.T) {
		all := find(t, s, audit.Filter{List: ofBob}, 100)
		for given := range int64(30) {
			for _, newest := range []bool{false, true} {
				want := slices.DeleteFunc(slices.Clone(all), func(seq int64) bool { return newest && seq >= given || !newest && seq <= given })
				if newest {
					slices.Reverse(want)
				}
				page, err := s.Log.Find(t.Context(), audit.Filter{List: ofBob, NewestFirst: newest}, audit.After(audit.Record{Seq: given}), 100)
				must(t, err)
				var got []int64
				for _, r := range page {
					got = append(got, r.Seq)
				}
				if !slices.Equal(got, want) {
					t.Errorf("behind %d: %v instead of %v", given, got, want)
				}
			}
		}
	})
	for name, f := range filters {
		t.Run(name+", in pages of any size, each entry once and in the order of the log", func(t *testing.T) {
			var want []int64
			page, err := s.Log.Records(t.Context(), -1, 100)
			must(t, err)
			for _, r := range page {
				if e, _ := r.Entry(); f.Matches(r.Seq, e) {
					want = append(want, r.Seq)
				}
			}
			for _, limit := range []int{1, 4, 100} {
				if got := find(t, s, f, limit); !slices.Equal(got, want) {
					t.Errorf("in pages of %d: %v instead of %v", limit, got, want)
				}
			}
			f.NewestFirst = true
			slices.Reverse(want)
			if got := find(t, s, f, 3); !slices.Equal(got, want) {
				t.Errorf("newest first: %v instead of %v", got, want)
			}
		})
	}
}
