package subject_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
	"github.com/patient-care-aggregator/aggregator/internal/subject/subjecttest"
)

func TestANoteNeverHoldsANumberThatNamesAPerson(t *testing.T) {
	t.Parallel()
	for _, c := range subjecttest.Reasons() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			ground, err := subject.ParseGround("other", "", c.Text)
			got := ground.Note()
			if got != c.Want || (err == nil) != (c.Want != "") || ground.IsZero() != (err != nil) {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "9") {
				t.Errorf("the error repeats the number: %v", err)
			}
		})
	}
}

func TestGround(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, number, note string
		want               error
	}{
		{"complaint", "", "", nil},
		{"complaint", "C-7/2026", "about a letter", nil},
		{"other", "", "", subject.ErrNoteLength},
		{"complaint", "", "why", subject.ErrNoteLength},
		{"", "", "about a letter", subject.ErrGroundCode},
		{"Complaint", "", "", subject.ErrGroundCode},
		{"complaint", "=1+1", "", subject.ErrCase},
		{"complaint", "-1", "", subject.ErrCase},
		{"complaint", strings.Repeat("C", 41), "", subject.ErrCase},
		{"complaint", "999 000 0018", "", subject.ErrNumber},
		{"complaint", "C123456", "", subject.ErrNumber},
	} {
		got, err := subject.ParseGround(c.code, c.number, c.note)
		if !errors.Is(err, c.want) || got.IsZero() != (c.want != nil) {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	g, err := subject.ParseGround("complaint", " C-7/2026 ", "about a\tletter")
	if err != nil || g.String() != "complaint, case C-7/2026: about a letter" {
		t.Errorf("%v, %v", g, err)
	}
	want := audit.Entry{Kind: audit.Erased, Ground: "complaint", Case: "C-7/2026", Note: "by Ada, approved by Grace: about a letter"}
	if e := g.By("Ada, approved by Grace").On(audit.Entry{Kind: audit.Erased}); !cmp.Equal(e, want) {
		t.Errorf("%+v", e)
	}
}

func TestTwoPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first, second string
		want          error
	}{
		{"Ada Lovelace", "Grace Hopper", nil},
		{"Ada", " ADA ", subject.ErrOnePerson},
		{"Ada", "A\u200bda", subject.ErrOnePerson},
		{"Ada", "", subject.ErrName},
		{"Ada 2", "Grace", subject.ErrName},
		{strings.Repeat("A", 61), "Grace", subject.ErrName},
	} {
		if names, err := subject.Two(c.first, c.second); !errors.Is(err, c.want) || (names == "") != (c.want != nil) {
			t.Errorf("%+v: %q, %v", c, names, err)
		}
	}
}
