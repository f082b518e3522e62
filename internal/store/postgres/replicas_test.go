//go:build linux

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgres"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
)

const app = "app-one"

func noon() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

// person is a citizen who has agreed and is signed in.
type person struct {
	ref     citizen.Ref
	session [32]byte
}

func personOf(n int) person {
	return person{ref: citizen.Ref(fmt.Sprintf("CITIZEN%019d", n)), session: [32]byte{byte(n), byte(n >> 8), 1}}
}

func (p person) entry(kind audit.Kind) audit.Entry {
	return audit.Entry{Kind: kind, At: noon(), Citizen: p.ref, Client: app, Actor: audit.ActorCitizen, Outcome: audit.Succeeded}
}

func (p person) event(kind consent.Kind, seq int64) consent.Event {
	return consent.Event{Citizen: p.ref, Seq: seq, ID: "consent-1", Kind: kind, Client: app, At: noon(), Scopes: []consent.Scope{"timeline:read"}}
}

func (p person) signIn(t *testing.T, db *postgres.DB) {
	t.Helper()
	_, err := db.Subjects().AddSubject(t.Context(), citizen.Subject{Ref: p.ref, Lookup: citizen.Lookup{KeyID: "k1", MAC: p.session}, Sealed: []byte("sealed"), CreatedAt: noon()})
	if err == nil {
		err = db.Sessions().AddSession(t.Context(), session.Record{Hash: p.session, Citizen: p.ref, Sealed: []byte("sealed"), CreatedAt: noon(), SeenAt: noon(), ExpiresAt: noon().Add(time.Hour)}, p.entry(audit.SignedIn))
	}
	if err == nil {
		err = db.Consents().Record(t.Context(), 0, p.event(consent.Granted, 1), p.entry(audit.ConsentGranted))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p person) withdraw(ctx context.Context, db *postgres.DB) error {
	return db.Consents().Record(ctx, 1, p.event(consent.Withdrawn, 2), p.entry(audit.ConsentWithdrawn))
}

func (p person) show(ctx context.Context, db *postgres.DB) error {
	g := audit.NewGuard(audit.GuardParts{Citizen: p.ref, Client: app, ConsentSeq: 1, Session: p.session, Until: noon().Add(time.Hour)})
	_, err := db.Log().Append(ctx, g, p.entry(audit.DataReleased))
	return err
}

// replicas are processes that serve one database.
func replicas(t *testing.T, url string, n int) []*postgres.DB {
	t.Helper()
	var all []*postgres.DB
	for range n {
		all = append(all, opened(t, url, noon, postgres.Open))
	}
	return all
}

// shown goes through the whole log, verified, and reports data behind a withdrawal.
func whole(t *testing.T, db *postgres.DB) (entries int64) {
	t.Helper()
	r, err := audit.Verify(t.Context(), db.Log())
	if err != nil {
		t.Fatal(err)
	}
	ended := map[audit.ListID]bool{}
	for after := int64(-1); ; {
		found, err := db.Log().Records(t.Context(), after, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range found {
			e, err := record.Entry()
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == audit.ConsentWithdrawn {
				ended[e.List] = true
			} else if e.Kind == audit.DataReleased && ended[e.List] {
				t.Errorf("entry %d shows data behind a withdrawal", record.Seq)
			}
			after = record.Seq
		}
		if len(found) == 0 {
			return r.Entries
		}
	}
}

func TestThreeProcessesKeepOneLogAndShowNothingBehindAWithdrawal(t *testing.T) {
	t.Parallel()
	const people, callers, acts = 40, 24, 60
	all := replicas(t, database(t), 3)
	for n := range people {
		personOf(n).signIn(t, all[n%3])
	}
	begun := whole(t, all[0])
	var withdrawn [people]atomic.Bool
	var refused atomic.Int64
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(c)))
			for i := range acts {
				n := random.IntN(people)
				do := personOf(n).show
				if i > acts/3 && random.IntN(20) == 0 && withdrawn[n].CompareAndSwap(false, true) {
					do = personOf(n).withdraw
				}
				err := do(t.Context(), all[random.IntN(3)])
				if errors.Is(err, audit.ErrConsentChanged) {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, db := range all {
		if got := whole(t, db) - begun; got != callers*acts-refused.Load() || refused.Load() == 0 {
			t.Errorf("%d entries of %d acts; %d were refused", got, callers*acts, refused.Load())
		}
	}
}

// waiting returns when so many statements wait for a lock in this database.
func waiting(t *testing.T, conn *pgx.Conn, want int) {
	t.Helper()
	for got := -1; got != want; {
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&got)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithdrawalAndAnswerThatWaitForTheLockTakeTurns(t *testing.T) {
	t.Parallel()
	ann := personOf(1)
	withdraw := func(db *postgres.DB) error { return ann.withdraw(context.Background(), db) }
	show := func(db *postgres.DB) error { return ann.show(context.Background(), db) }
	for name, c := range map[string]struct {
		first, second func(*postgres.DB) error
		want          error // of the second
	}{
		"the withdrawal first": {withdraw, show, audit.ErrConsentChanged},
		"the answer first":     {show, withdraw, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			all := replicas(t, url, 2)
			ann.signIn(t, all[0])
			holder, watcher := postgrestest.Connect(t, url), postgrestest.Connect(t, url)
			if _, err := holder.Exec(t.Context(), `BEGIN; SELECT 1 FROM log_head FOR UPDATE`); err != nil {
				t.Fatal(err)
			}
			ends := [2]chan error{make(chan error, 1), make(chan error, 1)}
			for i, do := range []func(*postgres.DB) error{c.first, c.second} {
				go func() { ends[i] <- do(all[i]) }()
				waiting(t, watcher, i+1)
			}
			if _, err := holder.Exec(t.Context(), `COMMIT`); err != nil {
				t.Fatal(err)
			}
			if err := <-ends[0]; err != nil {
				t.Error(err)
			}
			if err := <-ends[1]; !errors.Is(err, c.want) {
				t.Errorf("the second: %v", err)
			}
			whole(t, all[0])
		})
	}
}

func TestWhatEndedElsewhereHoldsWithoutNotifications(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(*testing.T, *postgres.DB, person) error
		want error
	}{
		"a withdrawal": {func(t *testing.T, db *postgres.DB, p person) error { return p.withdraw(t.Context(), db) }, audit.ErrConsentChanged},
		"a sign-out": {func(t *testing.T, db *postgres.DB, p person) error {
			return db.Sessions().RemoveSession(t.Context(), p.session, p.entry(audit.SignedOut))
		}, audit.ErrSessionEnded},
		"an end of all sessions": {func(t *testing.T, db *postgres.DB, _ person) error {
			_, err := db.Sessions().EndSessions(t.Context(), "", audit.Entry{Kind: audit.SignedOut, At: noon(), Actor: audit.ActorOperator, Outcome: audit.Succeeded})
			return err
		}, audit.ErrSessionEnded},
		"an erasure": {func(t *testing.T, db *postgres.DB, p person) error {
			e := p.entry(audit.Erased)
			e.Actor = audit.ActorOperator
			return db.Subjects().EraseSubject(t.Context(), p.ref, e)
		}, audit.ErrSessionEnded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := replicas(t, database(t), 2)
			ann, bob := personOf(1), personOf(2)
			ann.signIn(t, all[0])
			bob.signIn(t, all[0])
			all[1].StopWatching()
			var heard []citizen.Ref
			all[1].OnForeignWrite(func(ref citizen.Ref) { heard = append(heard, ref) })
			if err := c.end(t, all[0], ann); err != nil {
				t.Fatal(err)
			}
			if err := ann.show(t.Context(), all[1]); !errors.Is(err, c.want) {
				t.Errorf("shown elsewhere: %v", err)
			}
			if len(heard) == 0 || heard[len(heard)-1] != ann.ref && heard[len(heard)-1] != "" {
				t.Errorf("what may be kept in memory: %q", heard)
			}
		})
	}
}

func TestOneProcessLeadsUntilItEnds(t *testing.T) {
	t.Parallel()
	all := replicas(t, database(t), 2)
	leads := func(db *postgres.DB) bool {
		t.Helper()
		yes, err := db.Leads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if !leads(all[0]) || leads(all[1]) || !leads(all[0]) {
		t.Error("two lead, or nobody does")
	}
	if err := all[0].Close(); err != nil {
		t.Fatal(err)
	}
	for !leads(all[1]) { // the server notices the end of a connection a little later
	}
}

func TestACommandCanHaveTheDatabaseToItself(t *testing.T) {
	t.Parallel()
	url := database(t)
	all := replicas(t, url, 2)
	if _, err := postgres.OpenAlone(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("beside services: %v", err)
	}
	for _, db := range all {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	alone, err := postgres.OpenAlone(t.Context(), url, postgres.Options{})
	for errors.Is(err, postgres.ErrInUse) { // the server notices the end of a connection a little later
		alone, err = postgres.OpenAlone(t.Context(), url, postgres.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, postgres.ErrInUse) {
		t.Errorf("a service beside it: %v", err)
	}
	if err := alone.Close(); err != nil {
		t.Fatal(err)
	}
	for {
		db, err := postgres.Open(t.Context(), url, postgres.Options{})
		if err == nil {
			err = db.Close()
		}
		if err == nil {
			return
		}
		if !errors.Is(err, postgres.ErrInUse) {
			t.Fatal(err)
		}
	}
}
