package storetest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

func testErasedOpenings(t *testing.T, open opener) {
	t.Run("an erasure takes what opens the citizen's entries, and no other's, and the log and its export say so", func(t *testing.T) {
		s := open(t)
		known(t, s, ann, bob)
		appended := func(who citizen.Ref) {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(who, noon()), refused(who, noon()))
			must(t, err)
		}
		for _, who := range []citizen.Ref{ann, bob, ann, ann} {
			appended(who)
		}
		must(t, s.Consents.Record(t.Context(), 0, grant(bob, 1), refused(bob, noon())))
		must(t, s.Consents.Record(t.Context(), 0, grant(ann, 1), refused(ann, noon())))
		e := erasure(ann)
		e.Note = "they asked for it"
		must(t, s.Subjects.EraseSubjectAndOpenings(t.Context(), ann, e))
		appended(bob)

		check := func(removed int64) {
			t.Helper()
			r, err := audit.Verify(t.Context(), s.Log)
			if err != nil || r.Erased != 7 || r.Removed != removed {
				t.Errorf("%+v, %v", r, err)
			}
			var out bytes.Buffer
			must(t, export.Write(t.Context(), s.Log, &out, export.Options{Format: export.NDJSON}))
			if r, err := export.Check(bytes.NewReader(out.Bytes())); err != nil || r.Erased != 7 {
				t.Errorf("export: %+v, %v", r, err)
			}
			// Of one opening more that is gone nobody can say that the erasure took it.
			lines := bytes.SplitAfter(out.Bytes(), []byte("\n"))
			for i, line := range lines {
				head, rest, found := bytes.Cut(line, []byte(`,"opening":`))
				if found && bytes.Contains(rest, []byte(`"previous":2`)) {
					lines[i] = append(bytes.Clone(head), `,"erasedBy":10}`+"\n"...)
				}
			}
			var fault *audit.Fault
			if _, err := export.Check(bytes.NewReader(bytes.Join(lines, nil))); removed == 7 && (!errors.As(err, &fault) || fault.Kind != audit.Missing) {
				t.Errorf("one more is gone: %v", err)
			}
		}
		check(7)
		gone := 0
		page, err := s.Log.Records(t.Context(), -1, 100)
		must(t, err)
		for _, r := range page {
			switch {
			case r.Opening == nil && r.ErasedBy == 10:
				gone++
			case r.Opening == nil:
				t.Errorf("entry %d lost its opening", r.Seq)
			case r.Seq == 10:
				if got, err := r.Entry(); err != nil || got.Removes != 7 || got.Digest == "" || got.Note != e.Note {
					t.Errorf("%+v, %v", got, err)
				}
			}
		}
		if gone != 7 {
			t.Errorf("%d openings are gone", gone)
		}
		left, err := s.Consents.Citizens(t.Context(), "", 10)
		if err != nil || len(left) != 1 || left[0] != bob {
			t.Errorf("consents of %v, %v", left, err)
		}
		found, err := s.Log.Erasures(t.Context(), 0)
		if err != nil || len(found) != 1 || !found[0].Openings {
			t.Errorf("%+v, %v", found, err)
		}

		// Retention goes over it.
		must(t, s.Log.AllowPruning(t.Context(), pruned(13)))
		_, err = s.Log.Prune(t.Context(), noon().AddDate(1, 0, 0), 100)
		must(t, err)
		_, err = s.Log.ForgetCorrelations(t.Context(), noon().AddDate(1, 0, 0), 100)
		must(t, err)
		check(13)
	})

	t.Run("somebody without any entry is erased in the same way, and nobody under hold is", func(t *testing.T) {
		s := open(t)
		known(t, s, ann, bob)
		must(t, s.Subjects.EraseSubjectAndOpenings(t.Context(), ann, erasure(ann)))
		place(t, s, holdOn(bob, "hold-1"))
		if err := s.Subjects.EraseSubjectAndOpenings(t.Context(), bob, erasure(bob)); !errors.Is(err, audit.ErrHeld) {
			t.Error(err)
		}
		if r, err := audit.Verify(t.Context(), s.Log); err != nil || r.Removed != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		must(t, export.Write(t.Context(), s.Log, io.Discard, export.Options{Format: export.CSV}))
	})
}
