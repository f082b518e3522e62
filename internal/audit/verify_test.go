package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestVerify(t *testing.T) {
	t.Run("a whole log is whole, of any size and with any checkpoints of its past", func(t *testing.T) {
		for _, size := range []int{0, 1, 2, 3, verifyPage - 1, verifyPage, verifyPage + 1} {
			l := newLogFast(t, size)
			known := []Checkpoint{l.checkpoint(t)}
			if size > 2 {
				known = append(known, (&fakeLog{records: l.records[:2]}).checkpoint(t))
			}
			r, err := Verify(t.Context(), l, known...)
			if err != nil || r.Entries != int64(size) || r.Checkpoints != len(known) || r.Vouched != int64(size) {
				t.Errorf("of %d: %+v, %v", size, r, err)
			}
		}
	})

	// Each does something to a log of ten that was signed at 4 and at 8.
	for name, c := range map[string]struct {
		do          func(l *fakeLog)
		kind        FaultKind
		first, last int64
	}{
		"a changed body": {
			do:   func(l *fakeLog) { l.records[5].Leaf = slices.Clone(l.records[4].Leaf) },
			kind: Altered, first: 5, last: 5,
		},
		"a body that is no leaf, hashed anew": {
			do: func(l *fakeLog) {
				l.records[9].Leaf = []byte("{}")
				l.rehash()
			},
			kind: Altered, first: 9, last: 9,
		},
		"a changed hash of a body": {
			do: func(l *fakeLog) {
				l.records[6].Hashes = slices.Clone(l.records[6].Hashes)
				l.records[6].Hashes[0][0] ^= 1
			},
			kind: Altered, first: 6, last: 6,
		},
		"a changed hash inside the tree": {
			do: func(l *fakeLog) {
				l.records[3].Hashes = slices.Clone(l.records[3].Hashes)
				l.records[3].Hashes[2][0] ^= 1
			},
			kind: BrokenTree, first: 3, last: 3,
		},
		"a hash too many": {
			do:   func(l *fakeLog) { l.records[2].Hashes = append(slices.Clone(l.records[2].Hashes), tlog.Hash{}) },
			kind: BrokenTree, first: 2, last: 2,
		},
		"a deleted body": {
			do:   func(l *fakeLog) { l.records[2].Leaf = nil },
			kind: Missing, first: 2, last: 2,
		},
		"a deleted entry": {
			do:   func(l *fakeLog) { l.records = slices.Delete(l.records, 2, 4) },
			kind: Missing, first: 2, last: 3,
		},
		"a deleted entry, the others moved up": {
			do: func(l *fakeLog) {
				l.records = slices.Delete(l.records, 2, 3)
				for i := range l.records {
					l.records[i].Seq = int64(i)
				}
			},
			kind: BrokenTree, first: 2, last: 2,
		},
		"a body without a hash behind the end": {
			do:   func(l *fakeLog) { l.records = append(l.records, Record{Seq: 10, Leaf: l.records[0].Leaf}) },
			kind: Inserted, first: 10, last: 10,
		},
		"an entry before the beginning": {
			do: func(l *fakeLog) {
				l.records = slices.Insert(l.records, 0, Record{Seq: -3, Leaf: l.records[0].Leaf, Hashes: l.records[0].Hashes})
			},
			kind: Inserted, first: -3, last: -3,
		},
		"two bodies that changed places": {
			do: func(l *fakeLog) {
				l.records[4].Leaf, l.records[7].Leaf = l.records[7].Leaf, l.records[4].Leaf
			},
			kind: Altered, first: 4, last: 4,
		},
		"a correlation id that was changed": {
			do:   func(l *fakeLog) { l.records[1].Correlation = &Correlation{ID: "other"} },
			kind: Relabelled, first: 1, last: 1,
		},
		"history rewritten after the first checkpoint, every hash made anew": {
			do: func(l *fakeLog) {
				l.records[5].Leaf = slices.Clone(l.records[4].Leaf)
				l.records[5].Correlation = nil
				l.rehash()
			},
			kind: Rewritten, first: 4, last: 7,
		},
		"an entry inserted into history, every hash made anew": {
			do: func(l *fakeLog) {
				l.records = slices.Insert(l.records, 1, l.records[0])
				l.rehash()
			},
			kind: Rewritten, first: 0, last: 3,
		},
		"entries that changed places, every hash made anew": {
			do: func(l *fakeLog) {
				l.records[6], l.records[7] = l.records[7], l.records[6]
				l.rehash()
			},
			kind: Rewritten, first: 4, last: 7,
		},
		"an older copy put in its place": {
			do:   func(l *fakeLog) { l.records = l.records[:6] },
			kind: Truncated, first: 6, last: 7,
		},
		"a pruning of what is to come": {
			do: func(l *fakeLog) {
				leaf, _ := encode(Entry{Kind: Pruned, Outcome: Succeeded, At: day(2), Before: 100}, "")
				l.records = append(l.records, Record{Leaf: leaf})
				l.rehash()
			},
			kind: BadPruning, first: 10, last: 10,
		},
	} {
		t.Run(name+" is found and named", func(t *testing.T) {
			l := newLog(t, 4)
			known := []Checkpoint{l.checkpoint(t)}
			for i := range 4 {
				l.add(t, sample(4+i))
			}
			known = append(known, l.checkpoint(t))
			l.add(t, sample(8))
			l.add(t, sample(9))
			if _, err := Verify(t.Context(), l, known...); err != nil {
				t.Fatal(err)
			}
			c.do(l)
			_, err := Verify(t.Context(), l, known...)
			var f *Fault
			if !errors.As(err, &f) {
				t.Fatalf("error %v", err)
			}
			if f.Kind != c.kind || f.First != c.first || f.Last != c.last {
				t.Errorf("%v instead of %s from %d to %d", f, c.kind, c.first, c.last)
			}
		})
	}

	t.Run("bodies that a pruning accounts for may be gone, and others not", func(t *testing.T) {
		l := newLog(t, 10)
		l.add(t, Entry{Kind: Pruned, Outcome: Succeeded, Actor: ActorService, At: day(3), Before: 6})
		known := l.checkpoint(t)
		for _, i := range []int{0, 1, 2, 4, 5} { // 3 is under hold
			l.records[i].Leaf = nil
		}
		r, err := Verify(t.Context(), l, known)
		if err != nil || r.WithoutBody != 5 || r.Entries != 11 || len(r.Prunings) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		l.records[8].Leaf = nil
		l.records[9].Leaf = nil
		_, err = Verify(t.Context(), l, known)
		var f *Fault
		if !errors.As(err, &f) || f.Kind != Missing || f.First != 8 {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a log that cannot be read is not called wrong", func(t *testing.T) {
		broken := errors.New("disk")
		_, err := Verify(t.Context(), recordsFunc(func(context.Context, int64, int) ([]Record, error) { return nil, broken }))
		var f *Fault
		if !errors.Is(err, broken) || errors.As(err, &f) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("the success text tells its limits", func(t *testing.T) {
		l := newLog(t, 5)
		known := l.checkpoint(t)
		l.add(t, sample(5))
		r, err := Verify(t.Context(), l, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"6 entries", "first 5 entries", "1 entries came after the last checkpoint", "does not prove"} {
			if !strings.Contains(r.Text(), want) {
				t.Errorf("%q is not in\n%s", want, r.Text())
			}
		}
		r, _ = Verify(t.Context(), l)
		if !strings.Contains(r.Text(), "No checkpoint was compared") {
			t.Error(r.Text())
		}
	})
}

type recordsFunc func(context.Context, int64, int) ([]Record, error)

func (f recordsFunc) Records(ctx context.Context, after int64, limit int) ([]Record, error) {
	return f(ctx, after, limit)
}

// newLogFast makes a larger log without hashing it anew at each entry.
func newLogFast(t *testing.T, n int) *fakeLog {
	t.Helper()
	l := &fakeLog{}
	for i := range n {
		leaf, err := Encode(Entry{Kind: SignedIn, Outcome: Succeeded, At: day(1)}, Salt{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		l.records = append(l.records, Record{Leaf: leaf})
	}
	l.rehash()
	return l
}
