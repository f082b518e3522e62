package audittest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Log is a log in memory whose records a test can change at will.
type Log struct {
	mu     sync.Mutex // only for a test that adds while another goroutine reads
	Stored []audit.Record
	Erased []audit.Erasure
}

// Day is a time in November 2026.
func Day(n int) time.Time { return time.Date(2026, 11, n, 12, 30, 0, 5, time.UTC) }

// Sample is the nth entry of a log.
func Sample(n int) audit.Entry {
	return audit.Entry{
		Kind: audit.DataReleased, At: Day(1).Add(time.Duration(n) * time.Minute), Citizen: "PSEUDONYM", Client: "app-one",
		Actor: audit.ActorCitizen, Purpose: "timeline", Outcome: audit.Succeeded,
		Digest: fmt.Sprint("digest-", n), CorrelationID: fmt.Sprint("correlation-", n),
	}
}

// New makes a log of n samples.
func New(t testing.TB, n int) *Log {
	t.Helper()
	l := &Log{}
	for i := range n {
		l.Add(t, Sample(i))
	}
	return l
}

// List is the list of a citizen in every such log.
func List(ref citizen.Ref) audit.ListID {
	sum := sha256.Sum256([]byte(ref))
	return audit.ListID(sum[:16])
}

// Add appends an entry.
func (l *Log) Add(t testing.TB, e audit.Entry) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	p, err := audit.Prepare(e)
	if err != nil {
		t.Fatal(err)
	}
	list := e.List
	switch {
	case e.Citizen != "":
		list = List(e.Citizen)
	case list == audit.ListID{}:
		list = audit.OfNobody(e.Kind)
	}
	r := audit.Record{Seq: int64(len(l.Stored))}
	number, last := l.end(list)
	r.Leaf, r.Opening = p.Place(e.At, list, number+1, last)
	l.Stored = append(l.Stored, r)
	l.Rehash()
}

// end is the newest number of a list and the place of its entry.
func (l *Log) end(list audit.ListID) (number, last int64) {
	for _, r := range slices.Backward(l.Stored) {
		if r.Opening != nil && r.Opening.List == list {
			return r.Opening.Number, r.Seq
		}
	}
	return 0, -1
}

// Rehash computes every hash again, as somebody who rewrites history would.
func (l *Log) Rehash() {
	var edge audit.Edge
	for i := range l.Stored {
		r := &l.Stored[i]
		r.Seq = int64(i)
		r.Hashes = edge.Append(audit.LeafHash(r.Leaf))
	}
}

// Heads implements audit.Heads.
func (l *Log) Heads(_ context.Context, yield func(list audit.ListID, number, last int64)) (int64, error) {
	told := map[audit.ListID]bool{}
	for _, r := range slices.Backward(l.Stored) {
		if r.Opening != nil && !told[r.Opening.List] {
			told[r.Opening.List] = true
			yield(r.Opening.List, r.Opening.Number, r.Seq)
		}
	}
	return int64(len(l.Stored)), nil
}

// ListOf implements audit.Finder.
func (l *Log) ListOf(_ context.Context, ref citizen.Ref) (audit.ListID, error) {
	if number, _ := l.end(List(ref)); number == 0 {
		return audit.ListID{}, audit.ErrNoList
	}
	return List(ref), nil
}

// Checkpoint is what a signer would claim of the log.
func (l *Log) Checkpoint(t testing.TB) audit.Checkpoint {
	t.Helper()
	var edge audit.Edge
	for _, r := range l.Stored {
		edge.Append(audit.LeafHash(r.Leaf))
	}
	return audit.Checkpoint{Origin: "test", Size: edge.Size(), Root: edge.Root(), At: Day(2)}
}

// Records implements audit.Records.
func (l *Log) Records(_ context.Context, after int64, limit int) ([]audit.Record, error) {
	var out []audit.Record
	for _, r := range l.Stored {
		if r.Seq > after && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

// Find implements audit.Finder.
func (l *Log) Find(_ context.Context, f audit.Filter, after audit.Cursor, limit int) ([]audit.Record, error) {
	var out []audit.Record
	stored := slices.Clone(l.Stored) // the samples are in the order of time
	if f.NewestFirst {
		slices.Reverse(stored)
	}
	for _, r := range stored {
		e, err := r.Entry()
		if err != nil {
			continue
		}
		last, some := after.Seq()
		behind := !some || f.NewestFirst && r.Seq < last || !f.NewestFirst && r.Seq > last
		if f.Matches(r.Seq, e) && behind && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

// Erasures implements audit.Erasures.
func (l *Log) Erasures(_ context.Context, from int64) ([]audit.Erasure, error) {
	return slices.DeleteFunc(slices.Clone(l.Erased), func(e audit.Erasure) bool { return e.Seq < from }), nil
}

// Size implements audit.Tree.
func (l *Log) Size(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.Stored)), nil
}

// ReadHashes implements audit.Tree.
func (l *Log) ReadHashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []tlog.Hash
	for _, r := range l.Stored {
		all = append(all, r.Hashes...)
	}
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = all[index]
	}
	return out, nil
}
