package sqlite

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
)

// BenchmarkAppend compares, in one run, the log for many callers with the log at one
// commit for each entry (what grouping gains) and with one caller.
func BenchmarkAppend(b *testing.B) {
	const callers = 32
	parallel := func(b *testing.B, do func() error) {
		b.Helper()
		b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	}
	logWith := func(o Options) func(b *testing.B) {
		return func(b *testing.B) {
			db, err := Open(context.Background(), newPath(b), o)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			var clock atomic.Int64
			parallel(b, func() error {
				_, err := db.Log().Append(context.Background(), audit.Guard{}, next(&clock))
				return err
			})
		}
	}
	b.Run("log", logWith(Options{}))
	b.Run("log, one commit for each entry", logWith(Options{BatchLimit: 1}))
	b.Run("log, one caller", func(b *testing.B) {
		db := openNew(b)
		var clock atomic.Int64
		b.ReportAllocs()
		for b.Loop() {
			if _, err := db.Log().Append(context.Background(), audit.Guard{}, next(&clock)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// next is an entry a moment later than the one before, as entries come.
func next(clock *atomic.Int64) audit.Entry {
	e := sample(0)
	e.At = e.At.Add(time.Duration(clock.Add(1)) * time.Microsecond)
	return e
}

// filled is a log of n entries, made quickly.
func filled(t testing.TB, n int) *DB {
	t.Helper()
	db := openNew(t)
	for ; n > 0; n -= 1000 {
		fill(t, db, min(n, 1000))
	}
	return db
}

func BenchmarkVerify(b *testing.B) {
	const entries = 50_000
	db := filled(b, entries)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := audit.Verify(context.Background(), db.Log()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*entries/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkExport(b *testing.B) {
	const entries = 20_000
	db := filled(b, entries)
	for _, format := range []export.Format{export.NDJSON, export.CSV, export.FHIR} {
		b.Run(string(format), func(b *testing.B) {
			for b.Loop() {
				if err := export.Write(context.Background(), db.Log(), io.Discard, export.Options{Format: format, MadeAt: at(0)}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*entries/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// gauge measures the heap each time somebody reads a page through it.
type gauge struct {
	Log

	peak  uint64
	pages int
}

func (g *gauge) measure() {
	if g.pages++; g.pages%4 != 0 {
		return
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	g.peak = max(g.peak, m.HeapAlloc)
}

func (g *gauge) Records(ctx context.Context, after int64, limit int) ([]audit.Record, error) {
	g.measure()
	return g.Log.Records(ctx, after, limit)
}

func (g *gauge) Find(ctx context.Context, f audit.Filter, after audit.Cursor, limit int) ([]audit.Record, error) {
	g.measure()
	return g.Log.Find(ctx, f, after, limit)
}

// PCA_LOG_ENTRIES makes the log longer: "make nightly" reads one of ten million entries.
func TestLongLogsAreReadInConstantMemory(t *testing.T) {
	entries := 12_000 // some 10 MB
	if n, err := strconv.Atoi(os.Getenv("PCA_LOG_ENTRIES")); err == nil {
		entries = n
	}
	begun := time.Now()
	took := func(what string) {
		t.Logf("%s in %v", what, time.Since(begun).Round(time.Millisecond))
		begun = time.Now()
	}
	db := filled(t, entries)
	took(fmt.Sprintf("wrote %d entries", entries))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	const allowed = 2 << 20

	g := &gauge{Log: db.Log()}
	if _, err := audit.Verify(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	took("verified them")
	whole, end := io.Pipe()
	checked := make(chan error, 1)
	go func() {
		r, err := export.Check(whole)
		if err == nil && r.Entries != int64(entries) {
			err = fmt.Errorf("%d entries were exported", r.Entries)
		}
		checked <- err
	}()
	if err := export.Write(t.Context(), g, end, export.Options{Format: export.NDJSON, MadeAt: at(0)}); err != nil {
		t.Fatal(err)
	}
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-checked; err != nil {
		t.Fatal(err)
	}
	took("exported them and checked the export")
	filter := audit.Filter{Since: at(10), Until: at(50), List: audit.Service}
	if err := export.Write(t.Context(), g, io.Discard, export.Options{Format: export.NDJSON, Filter: filter, Prove: true, MadeAt: at(0)}); err != nil {
		t.Fatal(err)
	}
	took("exported some of them with proofs")
	if g.peak > before.HeapAlloc+allowed {
		t.Errorf("the heap grew from %d to %d kB", before.HeapAlloc>>10, g.peak>>10)
	}
	t.Logf("the heap stood at %d kB before, at %d kB at its peak", before.HeapAlloc>>10, g.peak>>10)
}
