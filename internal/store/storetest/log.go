package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

func testLog(t *testing.T, open opener) {
	t.Run("an acknowledged entry reads back as it was and is there after a restart", func(t *testing.T) {
		s := open(t)
		want := []audit.Entry{refused(ann, noon()), {Kind: audit.ConfigurationKnown, At: noon(), Outcome: audit.Failed}}
		read := []audit.Entry{asRead(want[0]), want[1]}
		receipt, err := s.Log.Append(t.Context(), audit.Guard{}, want...)
		must(t, err)
		if receipt != (audit.Written{First: 0, Count: 2}) {
			t.Errorf("receipt %+v", receipt)
		}
		if diff := cmp.Diff(read, entries(t, s.Log)); diff != "" {
			t.Error(diff)
		}
		s = s.Reopen(t)
		if diff := cmp.Diff(read, entries(t, s.Log)); diff != "" {
			t.Error(diff)
		}
		receipt, err = s.Log.Append(t.Context(), audit.Guard{}, refused(bob, noon()))
		must(t, err)
		if receipt.First != 2 {
			t.Errorf("after the restart the log went on at %d", receipt.First)
		}
		if n := len(entries(t, s.Log)); n != 3 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("many writers at once leave one tree, and each its own places in it", func(t *testing.T) {
		s := open(t)
		var (
			mu     sync.Mutex
			places []int64
		)
		const writers, each = 40, 5
		won, errs := race(writers, func(i int) error {
			for n := range each {
				e := refused(ann, noon())
				e.Reason = fmt.Sprint(i, " ", n)
				r, err := s.Log.Append(context.Background(), audit.Guard{}, e, e)
				if err != nil {
					return err
				}
				mu.Lock()
				places = append(places, r.First, r.First+1)
				mu.Unlock()
			}
			return nil
		})
		if won != writers {
			t.Fatal(errs)
		}
		all := entries(t, s.Log)
		slices.Sort(places)
		for i, p := range places {
			if int64(i) != p {
				t.Fatalf("place %d was given out as %d", i, p)
			}
		}
		for i := 0; i < len(all); i += 2 {
			if all[i].Reason != all[i+1].Reason {
				t.Fatalf("the entries of one append were parted at %d", i)
			}
		}
	})

	t.Run("an invalid entry leaves nothing, not even its companions", func(t *testing.T) {
		s := open(t)
		_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon()), invalid())
		if !errors.Is(err, audit.ErrInvalidEntry) {
			t.Errorf("error %v", err)
		}
		if n := len(entries(t, s.Log)); n != 0 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("appending no entry is refused", func(t *testing.T) {
		s := open(t)
		if _, err := s.Log.Append(t.Context(), audit.Guard{}); !errors.Is(err, audit.ErrInvalidEntry) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("a caller who has given up already writes nothing", func(t *testing.T) {
		s := open(t)
		if _, err := s.Log.Append(ended(t), audit.Guard{}, refused(ann, noon())); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if n := len(entries(t, s.Log)); n != 0 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("a clock that goes back makes no entry older than the one before it, also after a restart", func(t *testing.T) {
		s := open(t)
		for _, at := range []time.Duration{0, -time.Hour, time.Minute, -24 * time.Hour, -time.Second} {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon().Add(at)))
			must(t, err)
			s = s.Reopen(t)
		}
		for i, e := range entries(t, s.Log) {
			if want := noon().Add([]time.Duration{0, 0, time.Minute, time.Minute, time.Minute}[i]); !e.At.Equal(want) {
				t.Errorf("entry %d is of %v instead of %v", i, e.At, want)
			}
		}
	})

	t.Run("each citizen's entries are numbered in a list of their own, also after a restart, and erasure closes it", func(t *testing.T) {
		s := open(t)
		known(t, s, ann, bob)
		looked := audit.Entry{Kind: audit.AuditorRead, At: noon(), Actor: "staff:ada", Outcome: audit.Succeeded}
		add := func(entries ...audit.Entry) {
			t.Helper()
			_, err := s.Log.Append(t.Context(), audit.Guard{}, entries...)
			must(t, err)
			s = s.Reopen(t)
		}
		add(refused(ann, noon()), refused(bob, noon()), refused(ann, noon()))
		add(refused("NOBODY", noon()), looked)
		ofAnn := listOf(t, s, ann)
		onAnn := looked
		onAnn.List = ofAnn
		add(refused(ann, noon()), onAnn, looked)
		must(t, erase(t, s, ann))
		if _, err := s.Log.ListOf(t.Context(), ann); !errors.Is(err, audit.ErrNoList) {
			t.Errorf("the list of somebody erased: %v", err)
		}
		add(refused(ann, noon()), onAnn, refused(bob, noon()))
		ofBob := listOf(t, s, bob)
		want := []struct {
			list   audit.ListID
			number int64
		}{
			{ofAnn, 1},
			{ofBob, 1},
			{ofAnn, 2},
			{audit.Service, 1},
			{audit.Everybody, 1},
			{ofAnn, 3},
			{ofAnn, 4},
			{audit.Everybody, 2},
			{ofAnn, 5}, // her erasure
			{audit.Service, 2},
			{audit.Everybody, 3},
			{ofBob, 2},
		}
		entries(t, s.Log)
		page, err := s.Log.Records(t.Context(), -1, 100)
		must(t, err)
		for i, r := range page {
			if r.Opening.List != want[i].list || r.Opening.Number != want[i].number {
				t.Errorf("entry %d is number %d of %v instead of number %d of %v", i, r.Opening.Number, r.Opening.List, want[i].number, want[i].list)
			}
		}
		if found, err := s.Log.Find(t.Context(), audit.Filter{List: ofAnn}, 0, 10); err != nil || len(found) != 5 {
			t.Errorf("of a list that is closed %d entries are found, %v", len(found), err)
		}
	})

	t.Run("the correlation id is next to the leaf and not in it", func(t *testing.T) {
		s := open(t)
		e := refused(ann, noon())
		_, err := s.Log.Append(t.Context(), audit.Guard{}, e, e)
		must(t, err)
		page, err := s.Log.Records(t.Context(), -1, 10)
		must(t, err)
		if bytes.Contains(page[0].Leaf, []byte(e.CorrelationID)) {
			t.Error("it is in the leaf")
		}
		if page[0].Opening.Correlation == nil || page[0].Opening.Correlation.ID != e.CorrelationID {
			t.Errorf("next to the leaf is %+v", page[0].Opening)
		}
		if bytes.Equal(page[0].Leaf, page[1].Leaf) {
			t.Error("two acts of one request can be told to be of one request from their leaves")
		}
	})

	t.Run("every entry is provably in every later tree, and every tree in every later one", func(t *testing.T) {
		s := open(t)
		const n = 17
		var leaves [][]byte
		for range n {
			_, err := s.Log.Append(t.Context(), audit.Guard{}, refused(ann, noon()))
			must(t, err)
		}
		page, err := s.Log.Records(t.Context(), -1, n)
		must(t, err)
		var (
			edge  audit.Edge
			trees = []audit.Checkpoint{{Root: edge.Root()}}
		)
		for _, r := range page {
			leaves = append(leaves, r.Leaf)
			edge.Append(audit.LeafHash(r.Leaf))
			trees = append(trees, audit.Checkpoint{Size: edge.Size(), Root: edge.Root()})
		}
		for size := range int64(n + 1) {
			for seq := range size {
				p, err := audit.ProveInclusion(t.Context(), s.Log, seq, size)
				must(t, err)
				must(t, p.Check(leaves[seq], trees[size]))
			}
			for from := range size + 1 {
				p, err := audit.ProveConsistency(t.Context(), s.Log, from, size)
				must(t, err)
				must(t, p.Check(trees[from], trees[size]))
			}
		}
	})
}
