package sqlite

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// appendCitizens is over how many citizens BenchmarkAppendForCitizens spreads its entries.
const appendCitizens = 100_000

// BenchmarkAppendForCitizens is the log as the service uses it: entries with four
// referrals about 100,000 citizens in random order, who all have entries already.
// .ci/compare-append runs it beside that of an older commit.
func BenchmarkAppendForCitizens(b *testing.B) {
	db := openNew(b)
	refs := knownCitizens(b, db, appendCitizens)
	for _, callers := range []int{1, 256} {
		b.Run(strconv.Itoa(callers)+" callers", func(b *testing.B) {
			var clock atomic.Int64
			before := bytesOf(b, db)
			b.ReportAllocs()
			inParallel(b, callers, func(random *rand.Rand) error {
				e := shown(&clock)
				e.Citizen = refs[random.IntN(len(refs))]
				_, err := db.Log().Append(context.Background(), audit.Guard{}, e)
				return err
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64(bytesOf(b, db)-before)/float64(b.N), "bytes/entry")
		})
	}
}

// bytesOf is how large the database is.
func bytesOf(b *testing.B, db *DB) int64 {
	b.Helper()
	var pages, size int64
	if err := db.read.QueryRowContext(b.Context(), `PRAGMA page_count`).Scan(&pages); err != nil {
		b.Fatal(err)
	}
	if err := db.read.QueryRowContext(b.Context(), `PRAGMA page_size`).Scan(&size); err != nil {
		b.Fatal(err)
	}
	return pages * size
}

// BenchmarkFollow reads a page of one citizen's list, whose entries are in as many
// batches, each with those of many others.
func BenchmarkFollow(b *testing.B) {
	db := openNew(b)
	refs := knownCitizens(b, db, 2_000)
	const entries, page = 400, 200
	for i := range entries {
		batch := make([]audit.Entry, 256)
		for j := range batch {
			batch[j] = sample(0)
			batch[j].Citizen = refs[(i*len(batch)+j)%len(refs)]
		}
		batch[100].Citizen = refs[0]
		if _, err := db.Log().Append(b.Context(), audit.Guard{}, batch...); err != nil {
			b.Fatal(err)
		}
	}
	list, err := db.Log().ListOf(b.Context(), refs[0])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if found, err := db.Log().Find(b.Context(), audit.Filter{List: list, NewestFirst: true}, 0, page); err != nil || len(found) != page {
			b.Fatal(len(found), err)
		}
	}
}

// inParallel does something b.N times, shared out among so many callers.
func inParallel(b *testing.B, callers int, do func(*rand.Rand) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for left.Add(-1) >= 0 {
				if err := do(random); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// shown is an entry as a release with four referrals makes it. It needs no guard:
// only appending is measured.
func shown(clock *atomic.Int64) audit.Entry {
	e := next(clock)
	e.Consent, e.Event, e.Referrals = "b55472cc-3887-418f-a8f1-038c27fffce0", 1, 4
	e.Digest, e.ReferralsDigest = "rby15FJmtu1D4Ql2_2ayiXlkBsDZulbv_o5Ii0LMmBw", "E2r4bsdVWzFvrXPCihiKDkxkq-tvpYRiWi6OhqyDjJQ"
	e.Policy, e.ValueSets, e.AsOf, e.Age = "2026.11.1-250969b6e374cfa0", "vs-97d4da3bf60fa308", e.At, time.Minute
	return e
}

// knownCitizens makes citizens who have one entry each.
func knownCitizens(t testing.TB, db *DB, n int) []citizen.Ref {
	t.Helper()
	refs := make([]citizen.Ref, n)
	for i := range refs {
		refs[i] = citizen.Ref("CITIZEN" + strconv.Itoa(1_000_000_000_000_000_000+i))
	}
	const step = 1000
	for begin := 0; begin < n; begin += step {
		entries := make([]audit.Entry, step)
		for i := range entries {
			entries[i] = sample(0)
			entries[i].Citizen = refs[begin+i]
		}
		_, err := db.perform(t.Context(), func(ctx context.Context, x *tx) error {
			for _, e := range entries {
				err := x.exec(ctx, `INSERT INTO subjects (ref, lookup_key_id, lookup_mac, sealed, created_at) VALUES (?, 'k', randomblob(32), x'00', 0)`, string(e.Citizen))
				if err != nil {
					return err
				}
			}
			return nil
		}, entries...)
		if err != nil {
			t.Fatal(err)
		}
	}
	return refs
}
