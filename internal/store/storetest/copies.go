package storetest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

func testCopies(t *testing.T, open opener) {
	set := func(t *testing.T) Stores {
		t.Helper()
		s := open(t)
		for i, ref := range []citizen.Ref{ann, bob} {
			_, err := s.Subjects.AddSubject(t.Context(), person(ref, i+1))
			must(t, err)
			r := sessionOf(ref, i+1)
			r.Sealed = []byte("sealed " + string(ref))
			must(t, s.Sessions.AddSession(t.Context(), r, refused(ref, noon())))
			must(t, s.Consents.Record(t.Context(), 0, grant(ref, 1), refused(ref, noon())))
		}
		// A look at everything: later than her first entry.
		look := audit.Entry{Kind: audit.AuditorRead, At: noon(), Actor: "staff:ada", Outcome: audit.Succeeded, Purpose: "entries", Case: "sealed-case", Note: "sealed words"}
		_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon()), look)
		must(t, err)
		return s
	}
	// kinds reads a copy: what its lines are about.
	kinds := func(t *testing.T, s Stores, ref citizen.Ref) (out []string) {
		t.Helper()
		var b bytes.Buffer
		must(t, store.Copied{Log: s.Log, Subjects: s.Subjects, Sessions: s.Sessions, Consents: s.Consents}.Export(t.Context(), ref, noon(), &b))
		for _, never := range []string{"sealed", string(bob)} {
			if strings.Contains(b.String(), never) {
				t.Errorf("the copy has %q: %s", never, b.String())
			}
		}
		for line := range strings.Lines(b.String()) {
			var l struct{ Kind string }
			must(t, json.Unmarshal([]byte(line), &l))
			out = append(out, l.Kind)
		}
		return out
	}

	t.Run("a copy has all that is kept about one citizen, nothing sealed, and nothing of anybody else", func(t *testing.T) {
		s := set(t)
		if got := kinds(t, s, ann); !slices.Equal(got, []string{"subject", "session", "consentEvent", "logEntry", "logEntry", "logEntry", "everybodyEntry"}) {
			t.Error(got)
		}
	})

	t.Run("after erasure it has what is left under the pseudonym, which no longer leads into the log", func(t *testing.T) {
		s := set(t)
		must(t, erase(t, s, ann))
		if got := kinds(t, s, ann); !slices.Equal(got, []string{"consentEvent"}) {
			t.Error(got)
		}
	})

	t.Run("of a pseudonym that nobody has it is empty", func(t *testing.T) {
		if got := kinds(t, set(t), "NOBODY"); got != nil {
			t.Error(got)
		}
	})
}
