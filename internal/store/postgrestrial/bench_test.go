//go:build linux

package postgrestrial

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// citizens is over how many the benchmarks spread their entries, at random.
const citizens = 100_000

// BenchmarkAppend is the form, by one writer and by three, beside a bare group commit of
// the same rows.
func BenchmarkAppend(b *testing.B) {
	server, people := startServer(b), everybody()
	logs := []*log{
		newLog(b, server, people, "bare", 1, ""),
		newLog(b, server, people, "one-writer", 1, ""),
		newLog(b, server, people, "three-writers", 3, ""),
	}
	logs[0].writers[0].bare = true
	b.Run("1 caller", func(b *testing.B) { inTurn(b, logs[:2], 1) })
	b.Run("256 callers", func(b *testing.B) { inTurn(b, logs, 256) })
}

// BenchmarkLayouts is the form by one writer, stored otherwise than in schema.sql too.
func BenchmarkLayouts(b *testing.B) {
	const (
		external = `ALTER TABLE log_leaves ALTER leaves SET STORAGE EXTERNAL; ALTER TABLE log_openings ALTER openings SET STORAGE EXTERNAL;`
		pglz     = `ALTER TABLE log_leaves ALTER leaves SET COMPRESSION pglz; ALTER TABLE log_openings ALTER openings SET COMPRESSION pglz;`
		lz4      = `ALTER TABLE log_hashes ALTER hashes SET STORAGE EXTENDED, ALTER hashes SET COMPRESSION lz4;`
	)
	server, people := startServer(b), everybody()
	logs := []*log{
		newLog(b, server, people, "schema", 1, ""),
		newLog(b, server, people, "nothing-compressed", 1, external),
		newLog(b, server, people, "hashes-compressed", 1, lz4),
		newLog(b, server, people, "by-pglz", 1, pglz),
		newLog(b, server, people, "full-heads", 1, `ALTER TABLE log_heads SET (fillfactor = 100);`),
		newLog(b, server, people, "half-full-heads", 1, `ALTER TABLE log_heads SET (fillfactor = 50);`),
	}
	b.Run("1 caller", func(b *testing.B) { inTurn(b, logs, 1) })
	b.Run("256 callers", func(b *testing.B) { inTurn(b, logs, 256) })
}

func everybody() []person {
	people := make([]person, citizens)
	for i := range people {
		people[i] = citizenOf(i)
	}
	return people
}

// log is a database and those who write to it.
type log struct {
	name    string
	conn    *pgx.Conn
	people  []person
	writers []*writer
	seed    uint64
}

func newLog(b *testing.B, s *server, people []person, name string, writers int, layout string) *log {
	b.Helper()
	database := strings.ReplaceAll(name, "-", "_")
	l := &log{name: name, conn: s.database(b, database, len(people), layout), people: people}
	for range writers {
		w := &writer{conn: s.connect(b, database), places: map[citizen.Ref]place{}}
		for _, p := range people {
			w.places[p.ref] = place{list: p.list, last: -1}
		}
		l.writers = append(l.writers, w)
	}
	return l
}

// append appends n entries and returns how long that took.
func (l *log) append(b *testing.B, callers, n int) time.Duration {
	b.Helper()
	l.seed++
	begun := time.Now()
	inParallel(b, l.writers, callers, n, l.seed, func(random *rand.Rand) *act {
		return l.people[random.IntN(len(l.people))].shown(b, random)
	}, func(err error) { b.Error(err) })
	return time.Since(begun)
}

// inTurn appends b.N entries to each log, a few at a time, so that a machine that does
// something else meanwhile slows all of them down.
func inTurn(b *testing.B, logs []*log, callers int) {
	few := 12*callers + 200
	took, sizes, wals := map[*log]time.Duration{}, map[*log]int64{}, map[*log]int64{}
	for _, l := range logs {
		sizes[l] = -l.size(b)
	}
	b.ResetTimer()
	for done := 0; done < b.N; done += few {
		for _, l := range logs {
			before := l.wal(b)
			took[l] += l.append(b, callers, min(few, b.N-done))
			wals[l] += l.wal(b) - before
		}
	}
	b.StopTimer()
	for i, l := range logs {
		b.ReportMetric(float64(b.N)/took[l].Seconds(), l.name+"-entries/s")
		b.ReportMetric(float64(sizes[l]+l.size(b))/float64(b.N), l.name+"-bytes/entry")
		b.ReportMetric(float64(wals[l])/float64(b.N), l.name+"-WAL-bytes/entry")
		b.ReportMetric(l.inPlace(b), l.name+"-%heads-in-place")
		if i > 0 {
			b.ReportMetric(took[logs[0]].Seconds()/took[l].Seconds(), l.name+"/"+logs[0].name)
		}
	}
}

// size is how large the tables of the log are, with their indexes and what is stored apart.
func (l *log) size(b *testing.B) (bytes int64) {
	b.Helper()
	err := l.conn.QueryRow(b.Context(), `SELECT sum(pg_total_relation_size(t::regclass))::bigint
		FROM unnest('{log_head,log_leaves,log_hashes,log_openings,log_heads}'::text[]) AS t`).Scan(&bytes)
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

// wal is how much was ever written to the WAL.
func (l *log) wal(b *testing.B) (bytes int64) {
	b.Helper()
	if err := l.conn.QueryRow(b.Context(), `SELECT (pg_current_wal_lsn() - '0/0')::bigint`).Scan(&bytes); err != nil {
		b.Fatal(err)
	}
	return bytes
}

// inPlace is of 100 heads that were ever updated how many changed no index (HOT).
func (l *log) inPlace(b *testing.B) (share float64) {
	b.Helper()
	for _, w := range l.writers {
		if _, err := w.conn.Exec(b.Context(), `SELECT pg_stat_force_next_flush()`); err != nil {
			b.Fatal(err)
		}
	}
	err := l.conn.QueryRow(b.Context(), `SELECT 100.0 * n_tup_hot_upd / greatest(n_tup_upd, 1) FROM pg_stat_user_tables WHERE relname = 'log_heads'`).Scan(&share)
	if err != nil {
		b.Fatal(err)
	}
	return share
}
