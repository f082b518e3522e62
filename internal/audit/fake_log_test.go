package audit

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// fakeLog is a log in memory whose records a test can change at will.
type fakeLog struct {
	mu      sync.Mutex // only for a test that adds while another goroutine reads
	records []Record
}

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 30, 0, 5, time.UTC) }

func sample(n int) Entry {
	return Entry{
		Kind: DataReleased, At: day(1).Add(time.Duration(n) * time.Minute), Citizen: "PSEUDONYM", Client: "app-one",
		Actor: ActorCitizen, Purpose: "timeline", Outcome: Succeeded,
		Digest: fmt.Sprint("digest-", n), CorrelationID: fmt.Sprint("correlation-", n),
	}
}

func newLog(t testing.TB, n int) *fakeLog {
	t.Helper()
	l := &fakeLog{}
	for i := range n {
		l.add(t, sample(i))
	}
	return l
}

func (l *fakeLog) add(t testing.TB, e Entry) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Record{Seq: int64(len(l.records))}
	var salt Salt
	copy(salt[:], fmt.Sprint("salt-", r.Seq))
	leaf, err := Encode(e, salt)
	if err != nil {
		t.Fatal(err)
	}
	r.Leaf = leaf
	if e.CorrelationID != "" {
		r.Correlation = &Correlation{Salt: salt, ID: e.CorrelationID}
	}
	l.records = append(l.records, r)
	l.rehash()
}

// rehash computes every hash anew, as somebody who rewrites history would.
func (l *fakeLog) rehash() {
	var edge Edge
	for i := range l.records {
		r := &l.records[i]
		r.Seq = int64(i)
		leaf := LeafHash(r.Leaf)
		if r.Leaf == nil {
			leaf = r.Hashes[0]
		}
		r.Hashes = edge.Append(leaf)
	}
}

func (l *fakeLog) checkpoint(t testing.TB) Checkpoint {
	t.Helper()
	var edge Edge
	for _, r := range l.records {
		edge.Append(LeafHash(r.Leaf))
	}
	return Checkpoint{Origin: "test", Size: edge.Size(), Root: edge.Root(), At: day(2)}
}

func (l *fakeLog) Records(_ context.Context, after int64, limit int) ([]Record, error) {
	var out []Record
	for _, r := range l.records {
		if r.Seq > after && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (l *fakeLog) Find(_ context.Context, f Filter, after Cursor, limit int) ([]Record, error) {
	var out []Record
	for _, r := range l.records { // the samples are in the order of time
		e, err := r.Entry()
		if err != nil {
			continue
		}
		if f.Matches(e) && (after == Cursor{} || r.Seq > after.Seq) && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (l *fakeLog) Size(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.records)), nil
}

func (l *fakeLog) ReadHashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []tlog.Hash
	for _, r := range l.records {
		all = append(all, r.Hashes...)
	}
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = all[index]
	}
	return out, nil
}
