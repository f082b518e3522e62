//go:build linux

package postgrestrial

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// inParallel has n acts written by so many callers, who share the writers.
func inParallel(t testing.TB, writers []*writer, callers, n int, seed uint64, next func(*rand.Rand) *act, refused func(error)) {
	t.Helper()
	var running errgroup.Group
	for _, w := range writers {
		w.queue = make(chan *act, 1024)
		running.Go(func() error { return w.run(context.Background()) })
	}
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for left.Add(-1) >= 0 {
				a := next(random)
				writers[i%len(writers)].queue <- a
				if err := <-a.done; err != nil {
					refused(err)
				}
			}
		})
	}
	wg.Wait()
	for _, w := range writers {
		close(w.queue)
	}
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
}

// records reads the whole log, and requires that tree, openings and the numbers of the
// lists are right, in the rows and in both kinds of head.
func records(t testing.TB, conn *pgx.Conn) []audit.Entry {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT first, leaves, hashes, openings FROM log_leaves JOIN log_hashes USING (first) JOIN log_openings USING (first) ORDER BY first`)
	if err != nil {
		t.Fatal(err)
	}
	var r batchRows
	var tree end
	var entries []audit.Entry
	places := map[audit.ListID]place{}
	_, err = pgx.ForEachRow(rows, []any{&r.first, &r.leaves, &r.hashes, &r.openings}, func() error {
		if r.first != tree.size {
			return fmt.Errorf("a row begins with entry %d instead of %d", r.first, tree.size)
		}
		openings, hashes := r.openings, r.hashes
		for leaf := range bytes.Lines(r.leaves) {
			leaf = bytes.TrimSuffix(leaf, []byte("\n"))
			length, n := binary.Uvarint(openings)
			var o audit.Opening
			if err := o.UnmarshalBinary(openings[n : n+int(length)]); err != nil {
				return err
			}
			openings = openings[n+int(length):]
			e, err := audit.Record{Seq: tree.size, Leaf: leaf, Opening: &o}.Entry()
			if err != nil {
				return err
			}
			p, known := places[o.List]
			if !known {
				p.last = -1
			}
			if o.Number != p.number+1 || o.Previous != p.last {
				return fmt.Errorf("entry %d is number %d of its list, behind %d, instead of %d behind %d", tree.size, o.Number, o.Previous, p.number+1, p.last)
			}
			places[o.List] = place{o.List, o.Number, tree.size}
			entries = append(entries, e)
			completed := bytesOf(tree.append(audit.LeafHash(leaf)))
			if !bytes.HasPrefix(hashes, completed) {
				return fmt.Errorf("the hashes of entry %d are wrong", tree.size-1)
			}
			hashes = hashes[len(completed):]
		}
		if len(openings)+len(hashes) > 0 {
			return errors.New("a row has more than its leaves need")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var head end
	var edge []byte
	if err := conn.QueryRow(t.Context(), `SELECT size, edge FROM log_head`).Scan(&head.size, &edge); err != nil || head.size != tree.size || !bytes.Equal(edge, tree.edgeBytes()) {
		t.Errorf("the head row is not where the log ends: %d instead of %d, %v", head.size, tree.size, err)
	}
	found, err := conn.Query(t.Context(), `SELECT list, number, last FROM log_heads WHERE number > 0`)
	if err != nil {
		t.Fatal(err)
	}
	var list []byte
	var p place
	lists, err := pgx.ForEachRow(found, []any{&list, &p.number, &p.last}, func() error {
		if want := places[audit.ListID(list)]; want.number != p.number || want.last != p.last {
			t.Errorf("a list ends at %d and %d, its head says %d and %d", want.number, want.last, p.number, p.last)
		}
		return nil
	})
	if err != nil || lists.RowsAffected() != int64(len(places)) {
		t.Errorf("%d heads of %d lists, %v", lists.RowsAffected(), len(places), err)
	}
	return entries
}

func TestThreeWritersKeepOneLogAndShowNothingBehindAWithdrawal(t *testing.T) {
	const people, acts = 50, 3000
	server := startServer(t)
	conn := server.database(t, "trial", people, "")
	var writers []*writer
	for range 3 {
		writers = append(writers, &writer{conn: server.connect(t, "trial")})
	}
	var begun, refused atomic.Int64
	withdrawn := make([]atomic.Bool, people)
	inParallel(t, writers, 24, acts, 1, func(random *rand.Rand) *act {
		n := random.IntN(people)
		if begun.Add(1) > acts/3 && random.IntN(20) == 0 && withdrawn[n].CompareAndSwap(false, true) {
			return citizenOf(n).withdrawal(t)
		}
		return citizenOf(n).shown(t, random)
	}, func(err error) {
		if refused.Add(1); !errors.Is(err, audit.ErrConsentChanged) {
			t.Error(err)
		}
	})
	entries := records(t, conn)
	if int64(len(entries)) != acts-refused.Load() || refused.Load() == 0 {
		t.Errorf("%d entries; %d were refused", len(entries), refused.Load())
	}
	ended := map[audit.ListID]bool{}
	for i, e := range entries {
		if e.Kind == audit.ConsentWithdrawn {
			ended[e.List] = true
		} else if ended[e.List] {
			t.Errorf("entry %d shows data behind a withdrawal", i)
		}
	}
	if len(ended) < people/4 {
		t.Errorf("only %d citizens withdrew", len(ended))
	}
}
