package storetest

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

func proposal(t *testing.T, id string) approval.Proposal {
	t.Helper()
	why, err := subject.ParseGround("erasure_request", "SAR-14/26", "by letter")
	must(t, err)
	return approval.Proposal{
		ID: id, Kind: approval.Erasure, Citizen: ann, List: audit.ListID{1}, Extent: subject.PersonAndList, Hold: "hold-1", Seq: 7, Until: noon().Add(time.Hour), Plan: audit.Plan{Before: 9, OlderThan: noon(), Due: audit.Retained{Openings: 100_000, Consents: 3}},
		Ground: why, By: "staff:ada", At: noon(), State: approval.Open,
	}
}

func step(k audit.Kind) audit.Entry {
	return audit.Entry{Kind: k, At: noon(), Actor: "staff:ada", Outcome: audit.Succeeded, Act: "one"}
}

func testProposals(t *testing.T, open opener) {
	none := cmp.AllowUnexported(subject.Ground{})

	t.Run("a proposal reads back as it was, also after a restart, and its entry is in the log", func(t *testing.T) {
		s := open(t)
		want := proposal(t, "one")
		must(t, s.Proposals.Propose(t.Context(), want, step(audit.ActProposed)))
		s = s.Reopen(t)
		if got, err := s.Proposals.Proposal(t.Context(), "one"); err != nil || !cmp.Equal(want, got, none) {
			t.Errorf("%s, %v", cmp.Diff(want, got, none), err)
		}
		for _, id := range []string{"two", "", "\x00", "\xff"} {
			if _, err := s.Proposals.Proposal(t.Context(), id); !errors.Is(err, approval.ErrNone) {
				t.Errorf("%q: %v", id, err)
			}
		}
		if all := entries(t, s.Log); len(all) != 1 || all[0].Act != "one" {
			t.Errorf("%+v", all)
		}
	})

	t.Run("a proposal that is there already, or whose entry is unfit, leaves nothing", func(t *testing.T) {
		s := open(t)
		must(t, s.Proposals.Propose(t.Context(), proposal(t, "one"), step(audit.ActProposed)))
		if err := s.Proposals.Propose(t.Context(), proposal(t, "one"), step(audit.ActProposed)); err == nil {
			t.Error("it was proposed twice")
		}
		if err := s.Proposals.Propose(t.Context(), proposal(t, "two"), invalid()); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Error(err)
		}
		found, err := s.Proposals.Proposals(t.Context(), time.Time{}.AddDate(1970, 0, 0))
		if err != nil || len(found) != 1 || len(entries(t, s.Log)) != 1 {
			t.Errorf("%+v, %v", found, err)
		}
	})

	t.Run("of many who decide at once one does, and only its entry is written", func(t *testing.T) {
		s := open(t)
		must(t, s.Proposals.Propose(t.Context(), proposal(t, "one"), step(audit.ActProposed)))
		won, errs := race(8, func(i int) error {
			by := audit.Actor("staff:" + strconv.Itoa(i))
			return s.Proposals.Decide(t.Context(), "one", approval.Open, approval.Approved, by, noon().Add(time.Minute), step(audit.ActApproved))
		})
		for _, err := range errs {
			if !errors.Is(err, approval.ErrDecided) {
				t.Error(err)
			}
		}
		got, err := s.Proposals.Proposal(t.Context(), "one")
		if err != nil || got.State != approval.Approved || won != 1 || got.DecidedBy == "" || !got.DecidedAt.Equal(noon().Add(time.Minute)) {
			t.Errorf("%+v, %v", got, err)
		}
		must(t, s.Proposals.Decide(t.Context(), "one", approval.Approved, approval.Done, got.DecidedBy, got.DecidedAt, audit.Entry{}))
		if all := entries(t, s.Log); len(all) != 2 {
			t.Errorf("%+v", all)
		}
		if err := s.Proposals.Decide(t.Context(), "none", approval.Open, approval.Done, "staff:x", noon(), audit.Entry{}); !errors.Is(err, approval.ErrDecided) {
			t.Error(err)
		}
	})

	t.Run("they are listed by time, and older ones can be removed", func(t *testing.T) {
		s := open(t)
		for i, id := range []string{"b", "a", "c"} {
			p := proposal(t, id)
			p.At = noon().Add(time.Duration(i) * time.Hour)
			must(t, s.Proposals.Propose(t.Context(), p, step(audit.ActProposed)))
		}
		listed := func(want string) {
			t.Helper()
			found, err := s.Proposals.Proposals(t.Context(), noon().Add(-time.Hour))
			must(t, err)
			got := ""
			for _, p := range found {
				got += p.ID
			}
			if got != want {
				t.Errorf("%q instead of %q", got, want)
			}
		}
		listed("bac")
		must(t, s.Proposals.RemoveProposals(t.Context(), noon().Add(time.Hour)))
		listed("ac")
	})
}

func testWithholding(t *testing.T, open opener) {
	until := noon().Truncate(time.Second).Add(time.Hour)
	withhold := func(t *testing.T, s Stores, seq int64, until time.Time) error {
		t.Helper()
		w := audit.Withholding{Seq: seq, Until: until.Truncate(time.Second)}
		e := step(audit.Withheld)
		e.Reason = w.String()
		return s.Log.Withhold(t.Context(), w, e)
	}

	t.Run("an entry and the entry about that are withheld until the time, in the citizen's list", func(t *testing.T) {
		s := open(t)
		known(t, s, ann)
		for range 2 {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon()))
			must(t, err)
		}
		must(t, withhold(t, s, 0, until))
		s = s.Reopen(t)
		for at, want := range map[time.Time]map[int64]time.Time{
			noon():                      {0: until.UTC(), 2: until.UTC()},
			until.Add(-time.Nanosecond): {0: until.UTC(), 2: until.UTC()},
			until:                       {},
		} {
			if got, err := s.Log.Withheld(t.Context(), at); err != nil || !cmp.Equal(want, got) {
				t.Errorf("at %v: %v, %v", at, got, err)
			}
		}
		found, err := s.Log.Find(t.Context(), audit.Filter{List: listOf(t, s, ann), Kinds: []audit.Kind{audit.Withheld}}, 0, 10)
		if err != nil || len(found) != 1 || found[0].Seq != 2 || found[0].Opening.Number != 3 {
			t.Errorf("%+v, %v", found, err)
		}
		for _, shorter := range []time.Time{until, until.Add(-time.Minute)} {
			if err := withhold(t, s, 0, shorter); !errors.Is(err, audit.ErrNotWithheld) {
				t.Errorf("shortened: %v", err)
			}
		}
		// For longer: the first entry about it does not tell of it sooner.
		later := until.Add(time.Hour)
		must(t, withhold(t, s, 0, later))
		want := map[int64]time.Time{0: later.UTC(), 2: later.UTC(), 3: later.UTC()}
		if got, err := s.Log.Withheld(t.Context(), until); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v, %v", got, err)
		}
		must(t, audit.CheckWithheld(t.Context(), s.Log, noon()))
		_, err = audit.Verify(t.Context(), s.Log)
		must(t, err)
	})

	t.Run("what is withheld without an entry is found, and what was erased since is not missed", func(t *testing.T) {
		s := open(t)
		known(t, s, ann)
		_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon()))
		must(t, err)
		must(t, s.Log.Withhold(t.Context(), audit.Withholding{Seq: 0, Until: until}, step(audit.Withheld))) // whose entry says nothing
		var fault *audit.Fault
		if err := audit.CheckWithheld(t.Context(), s.Log, noon()); !errors.As(err, &fault) || fault.First != 0 {
			t.Errorf("%v", err)
		}
		must(t, s.Subjects.EraseSubjectAndOpenings(t.Context(), ann, erasure(ann)))
		must(t, audit.CheckWithheld(t.Context(), s.Log, noon()))
	})

	t.Run("what is nobody's, is not there, or was somebody's who is erased, is not withheld", func(t *testing.T) {
		s := open(t)
		known(t, s, ann)
		for _, who := range []audit.Entry{refused("", noon()), refused(ann, noon())} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, who)
			must(t, err)
		}
		must(t, erase(t, s, ann))
		size, err := s.Log.Size(t.Context())
		must(t, err)
		for _, seq := range []int64{0, 1, 99, -1} {
			if err := withhold(t, s, seq, until); !errors.Is(err, audit.ErrNotWithheld) {
				t.Errorf("entry %d: %v", seq, err)
			}
		}
		if got, err := s.Log.Withheld(t.Context(), noon()); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		if now, err := s.Log.Size(t.Context()); err != nil || now != size {
			t.Errorf("%d entries instead of %d, %v", now, size, err)
		}
	})
}
