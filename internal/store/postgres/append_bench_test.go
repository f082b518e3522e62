//go:build linux

package postgres

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// BenchmarkAppend compares, in one run, the log through one process and through three with
// a bare group commit of the same rows: known counters, no guard, no lock, one trip. The
// forms append in turn, a few entries at a time, so that a machine that does something else
// meanwhile slows all of them down: ratios count and rates do not.
func BenchmarkAppend(b *testing.B) {
	people := everybody()
	forms := []*form{
		newForm(b, "bare", people, bareGroupCommit),
		newForm(b, "one-process", people, processes(1)),
		newForm(b, "three-processes", people, processes(3)),
	}
	b.Run("1 caller", func(b *testing.B) { inTurn(b, forms[:2], 1) })
	b.Run("256 callers", func(b *testing.B) { inTurn(b, forms, 256) })
}

// benchedCitizens is over how many the benchmarks spread their entries, at random.
const benchedCitizens = 100_000

// benched is a citizen who has agreed and is signed in.
type benched struct {
	ref     citizen.Ref
	list    audit.ListID
	session [32]byte
}

func everybody() []benched {
	people := make([]benched, benchedCitizens)
	random := rand.New(rand.NewPCG(7, 7))
	for n := range people {
		p := &people[n]
		p.ref = citizen.Ref(fmt.Sprintf("CITIZEN%019d", n))
		fill(random, p.list[:])
		fill(random, p.session[:])
	}
	return people
}

func fill(random *rand.Rand, b []byte) []byte {
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

var instant = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// shown is that somebody was shown four referrals. What differs between entries is random,
// because rows are compressed.
func (p benched) shown(random *rand.Rand) (audit.Guard, audit.Entry) {
	bytes := func(n int) []byte { return fill(random, make([]byte, n)) }
	digest := func() string { return base64.RawURLEncoding.EncodeToString(bytes(32)) }
	return audit.NewGuard(audit.GuardParts{Citizen: p.ref, Client: "app-one", ConsentSeq: 1, Session: p.session, Until: instant.Add(time.Hour)}),
		audit.Entry{
			Kind: audit.DataReleased, At: instant, Citizen: p.ref, Client: "app-one", Actor: audit.ActorCitizen, Purpose: "timeline",
			Outcome: audit.Succeeded, CorrelationID: uuid.UUID(bytes(16)).String(), Consent: uuid.UUID(bytes(16)).String(), Event: 1,
			Referrals: 4, Digest: digest(), ReferralsDigest: digest(),
			Policy: "2026.11.1-250969b6e374cfa0", ValueSets: "vs-97d4da3bf60fa308", AsOf: instant, Age: time.Minute,
		}
}

// appender is one way to append, through one of its processes.
type appender func(ctx context.Context, process int, g audit.Guard, e audit.Entry) error

// form is a database and a way to append to it.
type form struct {
	name   string
	conn   *pgx.Conn
	people []benched
	append appender
	seed   uint64
}

func newForm(b *testing.B, name string, people []benched, open func(*testing.B, string, []benched) appender) *form {
	b.Helper()
	url := postgrestest.Database(b, func(url string) error {
		db, err := Open(context.Background(), url, Options{})
		if err != nil {
			return err
		}
		return db.Close()
	})
	f := &form{name: name, conn: postgrestest.Connect(b, url), people: people}
	rows := map[string][][]any{}
	for _, p := range people {
		at := instant.UnixNano()
		rows["subjects"] = append(rows["subjects"], []any{string(p.ref), "k1", p.session[:], p.session[:], at})
		rows["log_heads"] = append(rows["log_heads"], []any{p.list[:], string(p.ref), int64(0), int64(-1)})
		rows["consent_events"] = append(rows["consent_events"], []any{string(p.ref), int64(1), "c", "granted", "app-one", "[]", "[]", "", "", "", "", at, int64(0)})
		rows["sessions"] = append(rows["sessions"], []any{p.session[:], string(p.ref), p.session[:], at, at, at})
	}
	for _, each := range []struct {
		table   string
		columns []string
	}{
		{"subjects", []string{"ref", "lookup_key_id", "lookup_mac", "sealed", "created_at"}},
		{"log_heads", []string{"list", "citizen", "number", "last"}},
		{"consent_events", []string{"citizen", "seq", "id", "kind", "client", "scopes", "asked", "notice", "notice_digest", "language", "channel", "at", "entry"}},
		{"sessions", []string{"hash", "citizen", "sealed", "created_at", "seen_at", "expires_at"}},
	} {
		if _, err := f.conn.CopyFrom(b.Context(), pgx.Identifier{each.table}, each.columns, pgx.CopyFromRows(rows[each.table])); err != nil {
			b.Fatal(err)
		}
	}
	for _, statement := range []string{`VACUUM ANALYZE`, `CHECKPOINT`} {
		if _, err := f.conn.Exec(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	f.append = open(b, url, people)
	return f
}

// processes are so many stores, as so many services have.
func processes(n int) func(*testing.B, string, []benched) appender {
	return func(b *testing.B, url string, _ []benched) appender {
		b.Helper()
		all := make([]*DB, n)
		for i := range all {
			db, err := Open(b.Context(), url, Options{Now: func() time.Time { return instant }})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = db.Close() })
			all[i] = db
		}
		return func(ctx context.Context, process int, g audit.Guard, e audit.Entry) error {
			_, err := all[process%n].Log().Append(ctx, g, e)
			return err
		}
	}
}

// bareGroupCommit commits what waits in one trip, and knows where the log and each list end.
func bareGroupCommit(b *testing.B, url string, people []benched) appender {
	b.Helper()
	x := &tx{postgrestest.Connect(b, url)}
	known := newLists()
	for _, p := range people {
		known.of[p.ref] = p.list
		known.ends[p.list] = &listEnd{list: p.list, citizen: p.ref, last: -1}
	}
	queue := acts.NewQueue[*act](1024)
	b.Cleanup(queue.Close)
	go func() {
		var end logEnd
		for first := range queue.Acts() {
			batch := acts.Wanted(queue.Gather([]*act{first}, 256))
			grown := grow(end)
			for _, a := range batch {
				for _, e := range a.Entries {
					list := known.of[e.Entry.Citizen]
					grown.lists.of[e.Entry.Citizen], grown.lists.ends[list] = list, known.ends[list]
					if err := grown.place(e); err != nil {
						b.Error(err)
					}
				}
			}
			var trip pgx.Batch
			trip.Queue(`BEGIN`)
			grown.queueRows(&trip)
			grown.queueEnd(&trip, end, end.changes)
			trip.Queue(`COMMIT`)
			err := x.send(context.Background(), &trip)
			end = logEnd{edge: grown.edge, latest: grown.latest}
			for _, a := range batch {
				a.Finish(acts.Outcome{Err: err})
			}
		}
	}()
	return func(ctx context.Context, _ int, _ audit.Guard, e audit.Entry) error {
		a, err := newAct(e)
		if err == nil {
			_, err = queue.Submit(ctx, a)
		}
		return err
	}
}

// run appends n entries by so many callers and returns how long that took.
func (f *form) run(b *testing.B, callers, n int) time.Duration {
	b.Helper()
	f.seed++
	begun := time.Now()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(f.seed, uint64(i)))
			for left.Add(-1) >= 0 {
				g, e := f.people[random.IntN(len(f.people))].shown(random)
				if err := f.append(b.Context(), i, g, e); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begun)
}

func inTurn(b *testing.B, forms []*form, callers int) {
	few := 12*callers + 200
	took, sizes := map[*form]time.Duration{}, map[*form]int64{}
	for _, f := range forms {
		sizes[f] = -f.size(b)
	}
	b.ResetTimer()
	for done := 0; done < b.N; done += few {
		for _, f := range forms {
			took[f] += f.run(b, callers, min(few, b.N-done))
		}
	}
	b.StopTimer()
	for i, f := range forms {
		b.ReportMetric(float64(b.N)/took[f].Seconds(), f.name+"-entries/s")
		b.ReportMetric(float64(sizes[f]+f.size(b))/float64(b.N), f.name+"-bytes/entry")
		if i > 0 {
			b.ReportMetric(took[forms[0]].Seconds()/took[f].Seconds(), f.name+"/"+forms[0].name)
		}
	}
}

// size is how large the tables of the log are, with their indexes and what is stored apart.
func (f *form) size(b *testing.B) (bytes int64) {
	b.Helper()
	err := f.conn.QueryRow(b.Context(), `SELECT sum(pg_total_relation_size(t::regclass))::bigint
		FROM unnest('{log_head,log_leaves,log_hashes,log_openings,log_heads}'::text[]) AS t`).Scan(&bytes)
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}
