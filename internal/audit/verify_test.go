package audit_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// verifyPage is how many records Verify reads at a time.
const verifyPage = 1000

func TestVerify(t *testing.T) {
	t.Run("a whole log is whole, of any size and with any checkpoints of its past", func(t *testing.T) {
		for _, size := range []int{0, 1, 2, 3, verifyPage - 1, verifyPage, verifyPage + 1} {
			l := newLogFast(t, size)
			known := []audit.Checkpoint{l.Checkpoint(t)}
			if size > 2 {
				known = append(known, (&audittest.Log{Stored: l.Stored[:2]}).Checkpoint(t))
			}
			r, err := audit.Verify(t.Context(), l, known...)
			if err != nil || r.Entries != int64(size) || r.Checkpoints != len(known) || r.Vouched != int64(size) {
				t.Errorf("of %d: %+v, %v", size, r, err)
			}
		}
	})

	// Each does something to a log of ten that was signed at 4 and at 8.
	for name, c := range map[string]struct {
		do          func(l *audittest.Log)
		kind        audit.FaultKind
		first, last int64
	}{
		"a changed leaf": {
			do:   func(l *audittest.Log) { l.Stored[5].Leaf = slices.Clone(l.Stored[4].Leaf) },
			kind: audit.Altered, first: 5, last: 5,
		},
		"something that is no leaf, hashed again": {
			do: func(l *audittest.Log) {
				l.Stored[9].Leaf = []byte("{}")
				l.Rehash()
			},
			kind: audit.Altered, first: 9, last: 9,
		},
		"a changed hash of a leaf": {
			do: func(l *audittest.Log) {
				l.Stored[6].Hashes = slices.Clone(l.Stored[6].Hashes)
				l.Stored[6].Hashes[0][0] ^= 1
			},
			kind: audit.Altered, first: 6, last: 6,
		},
		"a changed hash inside the tree": {
			do: func(l *audittest.Log) {
				l.Stored[3].Hashes = slices.Clone(l.Stored[3].Hashes)
				l.Stored[3].Hashes[2][0] ^= 1
			},
			kind: audit.BrokenTree, first: 3, last: 3,
		},
		"a hash too many": {
			do:   func(l *audittest.Log) { l.Stored[2].Hashes = append(slices.Clone(l.Stored[2].Hashes), tlog.Hash{}) },
			kind: audit.BrokenTree, first: 2, last: 2,
		},
		"a deleted opening": {
			do:   func(l *audittest.Log) { l.Stored[2].Opening = nil },
			kind: audit.Missing, first: 2, last: 2,
		},
		"a deleted leaf": {
			do:   func(l *audittest.Log) { l.Stored[2].Leaf = nil },
			kind: audit.Missing, first: 2, last: 2,
		},
		"a deleted entry": {
			do:   func(l *audittest.Log) { l.Stored = slices.Delete(l.Stored, 2, 4) },
			kind: audit.Missing, first: 2, last: 3,
		},
		"a deleted entry, the others moved up": {
			do: func(l *audittest.Log) {
				l.Stored = slices.Delete(l.Stored, 2, 3)
				for i := range l.Stored {
					l.Stored[i].Seq = int64(i)
				}
			},
			kind: audit.BrokenTree, first: 2, last: 2,
		},
		"a leaf without a hash behind the end": {
			do:   func(l *audittest.Log) { l.Stored = append(l.Stored, audit.Record{Seq: 10, Leaf: l.Stored[0].Leaf}) },
			kind: audit.Inserted, first: 10, last: 10,
		},
		"an entry before the beginning": {
			do: func(l *audittest.Log) {
				l.Stored = slices.Insert(l.Stored, 0, audit.Record{Seq: -3, Leaf: l.Stored[0].Leaf, Hashes: l.Stored[0].Hashes})
			},
			kind: audit.Inserted, first: -3, last: -3,
		},
		"two leaves that changed places": {
			do: func(l *audittest.Log) {
				l.Stored[4].Leaf, l.Stored[7].Leaf = l.Stored[7].Leaf, l.Stored[4].Leaf
			},
			kind: audit.Altered, first: 4, last: 4,
		},
		"a correlation id that was changed": {
			do:   func(l *audittest.Log) { l.Stored[1].Opening.Correlation = &audit.Correlation{ID: "other"} },
			kind: audit.Relabelled, first: 1, last: 1,
		},
		"a list that was changed": {
			do:   func(l *audittest.Log) { l.Stored[1].Opening.List = audit.Service },
			kind: audit.Relabelled, first: 1, last: 1,
		},
		"an opening that names another one before it": {
			do:   func(l *audittest.Log) { l.Stored[5].Opening.Previous = 3 },
			kind: audit.Misnumbered, first: 0, last: 9,
		},
		"an opening that has nothing before it": {
			do:   func(l *audittest.Log) { l.Stored[5].Opening.Previous = -1 },
			kind: audit.Misnumbered, first: 5, last: 5,
		},
		"history rewritten after the first checkpoint, every hash made again": {
			do: func(l *audittest.Log) {
				l.Stored[5].Leaf, l.Stored[5].Opening = l.Stored[4].Leaf, nil
				l.Rehash()
			},
			kind: audit.Rewritten, first: 4, last: 7,
		},
		"an entry inserted into history, every hash made again": {
			do: func(l *audittest.Log) {
				l.Stored = slices.Insert(l.Stored, 1, l.Stored[0])
				l.Rehash()
			},
			kind: audit.Rewritten, first: 0, last: 3,
		},
		"entries that changed places, every hash made again": {
			do: func(l *audittest.Log) {
				l.Stored[6], l.Stored[7] = l.Stored[7], l.Stored[6]
				l.Rehash()
			},
			kind: audit.Misnumbered, first: 6, last: 6,
		},
		"an older copy put in its place": {
			do:   func(l *audittest.Log) { l.Stored = l.Stored[:6] },
			kind: audit.Truncated, first: 6, last: 7,
		},
		"a pruning of what is to come": {
			do: func(l *audittest.Log) {
				l.Add(t, audit.Entry{Kind: audit.Pruned, Outcome: audit.Succeeded, At: audittest.Day(2), Before: 100})
			},
			kind: audit.BadPruning, first: 10, last: 10,
		},
	} {
		t.Run(name+" is found and named", func(t *testing.T) {
			l := audittest.New(t, 4)
			known := []audit.Checkpoint{l.Checkpoint(t)}
			for i := range 4 {
				l.Add(t, audittest.Sample(4+i))
			}
			known = append(known, l.Checkpoint(t))
			l.Add(t, audittest.Sample(8))
			l.Add(t, audittest.Sample(9))
			if _, err := audit.Verify(t.Context(), l, known...); err != nil {
				t.Fatal(err)
			}
			c.do(l)
			_, err := audit.Verify(t.Context(), l, known...)
			var f *audit.Fault
			if !errors.As(err, &f) {
				t.Fatalf("error %v", err)
			}
			if f.Kind != c.kind || f.First != c.first || f.Last != c.last {
				t.Errorf("%v instead of %s from %d to %d", f, c.kind, c.first, c.last)
			}
		})
	}

	t.Run("openings that a pruning accounts for may be gone, and others not", func(t *testing.T) {
		l := audittest.New(t, 10)
		l.Add(t, audit.Entry{Kind: audit.Pruned, Outcome: audit.Succeeded, Actor: audit.ActorService, At: audittest.Day(3), Before: 6})
		known := l.Checkpoint(t)
		for _, i := range []int{0, 1, 2, 3, 4} {
			l.Stored[i].Opening = nil
		}
		r, err := audit.Verify(t.Context(), l, known)
		if err != nil || r.Removed != 5 || r.Entries != 11 || len(r.Prunings) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		l.Stored[8].Opening = nil
		l.Stored[9].Opening = nil
		_, err = audit.Verify(t.Context(), l, known)
		var f *audit.Fault
		if !errors.As(err, &f) || f.Kind != audit.Missing || f.First != 8 {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a log that cannot be read is not called wrong", func(t *testing.T) {
		broken := errors.New("disk")
		_, err := audit.Verify(t.Context(), &unreadable{err: broken})
		var f *audit.Fault
		if !errors.Is(err, broken) || errors.As(err, &f) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("the success text tells its limits", func(t *testing.T) {
		l := audittest.New(t, 5)
		known := l.Checkpoint(t)
		l.Add(t, audittest.Sample(5))
		r, err := audit.Verify(t.Context(), l, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"6 entries", "first 5 entries", "1 entries came after the last checkpoint", "does not prove"} {
			if !strings.Contains(r.Text(), want) {
				t.Errorf("%q is not in\n%s", want, r.Text())
			}
		}
		r, _ = audit.Verify(t.Context(), l)
		if !strings.Contains(r.Text(), "No checkpoint was compared") {
			t.Error(r.Text())
		}
	})
}

func TestTimeThatGoesBackIsTold(t *testing.T) {
	l := audittest.New(t, 3)
	for _, minutes := range []int{60, 59, 30, 31, 10} {
		l.Add(t, audittest.Sample(minutes))
	}
	r, err := audit.Verify(t.Context(), l)
	if want := (audit.Backwards{Times: 2, Seq: 5, By: 29 * time.Minute}); err != nil || r.Backwards != want {
		t.Errorf("%+v, %v", r.Backwards, err)
	}
	if !strings.Contains(r.Text(), "goes back 2 times, furthest at entry 5, by 29m0s") {
		t.Error(r.Text())
	}
	if r, err := audit.Verify(t.Context(), audittest.New(t, 9)); err != nil || r.Backwards.Times != 0 || strings.Contains(r.Text(), "goes back") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNumbersOfAListAreOneChain(t *testing.T) {
	filled := func(t *testing.T) *audittest.Log {
		t.Helper()
		l := &audittest.Log{}
		for i := range 12 {
			e := audittest.Sample(i)
			e.Citizen = []citizen.Ref{"ANN", "BOB", ""}[i%3]
			e.Kind = audit.DataRefused
			l.Add(t, e)
		}
		return l
	}
	// again gives entry i another number and predecessor, with salts of its own.
	again := func(t *testing.T, l *audittest.Log, i int, number, previous int64) {
		t.Helper()
		p, err := audit.Prepare(audittest.Sample(i))
		if err != nil {
			t.Fatal(err)
		}
		l.Stored[i].Leaf, l.Stored[i].Opening = p.Place(audittest.Sample(i).At, l.Stored[i].Opening.List, number, previous)
		l.Rehash()
	}
	for name, do := range map[string]func(*testing.T, *audittest.Log){
		"a number twice":              func(t *testing.T, l *audittest.Log) { again(t, l, 9, 3, 3) },
		"a number left out":           func(t *testing.T, l *audittest.Log) { again(t, l, 9, 5, 6) },
		"a list that begins again":    func(t *testing.T, l *audittest.Log) { again(t, l, 9, 1, -1) },
		"another list's entry before": func(t *testing.T, l *audittest.Log) { again(t, l, 9, 4, 7) },
		"an entry that is to come":    func(t *testing.T, l *audittest.Log) { again(t, l, 3, 2, 9) },
	} {
		t.Run(name+" is found", func(t *testing.T) {
			l := filled(t)
			if _, err := audit.Verify(t.Context(), l); err != nil {
				t.Fatal(err)
			}
			do(t, l)
			_, err := audit.Verify(t.Context(), l)
			var f *audit.Fault
			if !errors.As(err, &f) || f.Kind != audit.Misnumbered {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("what was removed is the beginning of its list, and the chain goes on behind it", func(t *testing.T) {
		l := filled(t)
		l.Add(t, audit.Entry{Kind: audit.Pruned, Outcome: audit.Succeeded, Actor: audit.ActorService, At: audittest.Day(3), Before: 9})
		for _, i := range []int{0, 1, 2, 3, 5, 6, 8} { // BOB, 1, 4 and 7, has a hold from 4 on
			l.Stored[i].Opening = nil
		}
		if r, err := audit.Verify(t.Context(), l); err != nil || r.Removed != 7 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestDataBehindAWithdrawalIsFound(t *testing.T) {
	l := &audittest.Log{}
	for i, kind := range []audit.Kind{audit.ConsentGranted, audit.DataReleased, audit.ConsentWithdrawn, audit.DataRefused, audit.DataNotModified} {
		if _, err := audit.Verify(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		e := audittest.Sample(i)
		e.Kind, e.Consent = kind, "consent-1"
		l.Add(t, e)
	}
	_, err := audit.Verify(t.Context(), l)
	var f *audit.Fault
	if !errors.As(err, &f) || f.Kind != audit.WithoutConsent || f.First != 4 {
		t.Errorf("error %v", err)
	}
}

type unreadable struct {
	audittest.Log
	err error
}

func (u *unreadable) Records(context.Context, int64, int) ([]audit.Record, error) { return nil, u.err }

// newLogFast makes a larger log without hashing it again at each entry.
func newLogFast(t *testing.T, n int) *audittest.Log {
	t.Helper()
	l := &audittest.Log{}
	for i := range n {
		p, err := audit.Prepare(audit.Entry{Kind: audit.SignedIn, Outcome: audit.Succeeded, At: audittest.Day(1)})
		if err != nil {
			t.Fatal(err)
		}
		r := audit.Record{}
		r.Leaf, r.Opening = p.Place(audittest.Day(1), audit.Service, int64(i+1), int64(i-1))
		l.Stored = append(l.Stored, r)
	}
	l.Rehash()
	return l
}
