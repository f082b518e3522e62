package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

func openCounting(t *testing.T) (*DB, *atomic.Int32) {
	t.Helper()
	var count atomic.Int32
	db, err := Open(t.Context(), newPath(t), Options{WatchEvery: time.Hour, Panics: func(context.Context, *panics.Error) { count.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, &count
}

func TestAPanicInAnActCostsThatActOnly(t *testing.T) {
	db, count := openCounting(t)
	release := held(t, db)
	add := func(ref citizen.Ref, mac byte, end func()) func(context.Context, *tx) error {
		return func(ctx context.Context, x *tx) error {
			err := x.exec(ctx, `INSERT INTO subjects (ref, lookup_key_id, lookup_mac, sealed, created_at) VALUES (?, 'k', ?, x'00', 0)`,
				string(ref), append(make([]byte, 31), mac))
			end()
			return err
		}
	}
	before := queued(t, db, add("ONE", 1, func() {}), sample(1))
	fault := queued(t, db, add("TWO", 2, func() { panic("fault in an act") }), sample(2))
	after := queued(t, db, add("THREE", 3, func() {}), sample(3))
	release()

	if o := <-before; o.Err != nil || o.First != 0 {
		t.Errorf("the act before: %+v", o)
	}
	var contained *panics.Error
	if o := <-fault; !errors.As(o.Err, &contained) {
		t.Errorf("the act that panicked: %+v", o)
	}
	if o := <-after; o.Err != nil || o.First != 1 {
		t.Errorf("the act after: %+v", o)
	}
	if count.Load() != 1 {
		t.Errorf("%d panics were reported", count.Load())
	}
	var refs string
	if err := db.read.QueryRowContext(t.Context(), `SELECT group_concat(ref, ' ') FROM (SELECT ref FROM subjects ORDER BY ref)`).Scan(&refs); err != nil {
		t.Fatal(err)
	}
	if refs != "ONE THREE" {
		t.Errorf("rows %q: the savepoint was not rolled back", refs)
	}
	if n := whole(t, db); n != 2 {
		t.Errorf("%d entries", n)
	}
}

func TestAPanicWhileForeignWritesAreNoticedEndsNoService(t *testing.T) {
	db, count := openCounting(t)
	var faulty atomic.Bool
	faulty.Store(true)
	db.OnForeignWrite(func(citizen.Ref) {
		if faulty.Load() {
			panic("fault in a listener")
		}
	})
	beside, err := OpenBeside(t.Context(), db.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := beside.Close(); err != nil {
			t.Error(err)
		}
	}()
	fill(t, beside, 1)
	// Nothing is written until every listener has heard of the foreign write: a
	// projection that was not dropped is older than the log.
	for range 2 {
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(1)); err == nil {
			t.Fatal("an act was written before every listener heard of the foreign write")
		}
	}
	if count.Load() != 2 {
		t.Errorf("%d panics were reported", count.Load())
	}
	faulty.Store(false)
	fill(t, db, 1)
	if n := whole(t, db); n != 2 {
		t.Errorf("%d entries", n)
	}
}
