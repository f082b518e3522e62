package sqlite

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// queued submits an act while the writer is held and returns when it waits.
func queued(t *testing.T, db *DB, do func(context.Context, *tx) error, entries ...audit.Entry) <-chan acts.Outcome {
	t.Helper()
	before := len(db.writer.queue.Acts())
	out := make(chan acts.Outcome, 1)
	go func() {
		first, err := db.perform(context.Background(), do, entries...)
		out <- acts.Outcome{First: first, Err: err}
	}()
	for len(db.writer.queue.Acts()) == before {
		select { // the goroutine above needs a moment to enter the queue
		case o := <-out:
			t.Fatalf("it did not wait: %+v", o)
		default:
			runtime.Gosched()
		}
	}
	return out
}

func TestGroupCommit(t *testing.T) {
	t.Run("an act that fails takes nothing of its companions with it, and none of its own stays", func(t *testing.T) {
		db := openNew(t)
		release := held(t, db)
		failure := errors.New("no")
		add := func(ref citizen.Ref, mac byte, end error) func(context.Context, *tx) error {
			return func(ctx context.Context, x *tx) error {
				err := x.exec(ctx, `INSERT INTO subjects (ref, lookup_key_id, lookup_mac, sealed, created_at) VALUES (?, 'k', ?, x'00', 0)`,
					string(ref), append(make([]byte, 31), mac))
				return errors.Join(err, end)
			}
		}
		one := queued(t, db, add("ONE", 1, nil), sample(1))
		two := queued(t, db, add("TWO", 2, failure), sample(2))
		same := queued(t, db, add("ONE", 3, nil), sample(3)) // breaks a constraint
		three := queued(t, db, add("THREE", 4, nil), sample(4), sample(5))
		release()

		if o := <-one; o.Err != nil || o.First != 0 {
			t.Errorf("first %+v", o)
		}
		if o := <-two; !errors.Is(o.Err, failure) {
			t.Errorf("second %+v", o)
		}
		if o := <-same; o.Err == nil {
			t.Error("a second row of one pseudonym was written")
		}
		if o := <-three; o.Err != nil || o.First != 1 {
			t.Errorf("fourth %+v: its entries have to follow the first's", o)
		}
		if n := whole(t, db); n != 3 {
			t.Errorf("%d entries", n)
		}
		if _, err := db.Subjects().Subject(t.Context(), "TWO"); !errors.Is(err, citizen.ErrNoSubject) {
			t.Error(err)
		}
	})

	t.Run("a caller who gives up while waiting has written nothing", func(t *testing.T) {
		db := openNew(t)
		release := held(t, db)
		ctx, giveUp := context.WithCancelCause(t.Context())
		end := make(chan error, 1)
		go func() {
			_, err := db.Log().Append(ctx, audit.Guard{}, sample(1))
			end <- err
		}()
		for len(db.writer.queue.Acts()) == 0 {
			runtime.Gosched() // until it waits
		}
		reason := errors.New("the citizen closed the page")
		giveUp(reason)
		if err := <-end; !errors.Is(err, reason) || errors.Is(err, audit.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		release()
		if n := whole(t, db); n != 0 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("a caller who gives up while being written is told that the outcome is unknown", func(t *testing.T) {
		db := openNew(t)
		ctx, giveUp := context.WithCancel(t.Context())
		begun, finish := make(chan struct{}), make(chan struct{})
		end := make(chan error, 1)
		go func() {
			_, err := db.perform(ctx, func(context.Context, *tx) error {
				close(begun)
				<-finish
				return nil
			}, sample(1))
			end <- err
		}()
		<-begun
		giveUp()
		if err := <-end; !errors.Is(err, audit.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		close(finish)
		fill(t, db, 1)
		if n := whole(t, db); n != 2 {
			t.Errorf("%d entries: the act was dropped half way", n)
		}
	})

	t.Run("what waits when the store closes is written", func(t *testing.T) {
		path := newPath(t)
		db := openAt(t, path)
		release := held(t, db)
		a, b := queued(t, db, nil, sample(1)), queued(t, db, nil, sample(2))
		closed := make(chan error, 1)
		go func() { closed <- db.Close() }()
		release()
		if x, y := <-a, <-b; x.Err != nil || y.Err != nil {
			t.Error(x.Err, y.Err)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if n := whole(t, openAt(t, path)); n != 2 {
			t.Errorf("%d entries", n)
		}
	})

	t.Run("a full queue makes callers wait and not fail", func(t *testing.T) {
		db, err := Open(t.Context(), newPath(t), Options{QueueLimit: 1, BatchLimit: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		release := held(t, db)
		const callers = 20
		ends := make(chan error, callers)
		for i := range callers {
			go func() {
				_, err := db.Log().Append(context.Background(), audit.Guard{}, sample(i))
				ends <- err
			}()
		}
		release()
		for range callers {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
		if n := whole(t, db); n != callers {
			t.Errorf("%d entries", n)
		}
	})
}

func TestFullDisk(t *testing.T) {
	db := openNew(t)
	fill(t, db, 10)
	pages := func(limit string) {
		t.Helper()
		set(t, db, `PRAGMA max_page_count = `+limit)
	}
	var used string
	if err := db.read.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&used); err != nil {
		t.Fatal(err)
	}
	pages(used)

	big := sample(11)
	big.Reason = strings.Repeat("x", 3800)
	release := held(t, db)
	one := queued(t, db, nil, sample(10))
	two := queued(t, db, nil, big)
	three := queued(t, db, nil, sample(12))
	release()
	for i, c := range []<-chan acts.Outcome{one, two, three} {
		if o := <-c; o.Err == nil {
			t.Errorf("caller %d was told of success", i)
		}
	}
	if n := whole(t, db); n != 10 {
		t.Errorf("%d entries after the failure", n)
	}

	pages("1000000")
	r, err := db.Log().Append(t.Context(), audit.Guard{}, big)
	if err != nil || r.First != 10 {
		t.Errorf("with room again: %+v, %v", r, err)
	}
	if n := whole(t, db); n != 11 {
		t.Errorf("%d entries", n)
	}
}

func TestReadOnlyDatabase(t *testing.T) {
	db := openNew(t)
	fill(t, db, 2)
	set(t, db, `PRAGMA query_only = 1`)
	for range 2 {
		if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(2)); err == nil {
			t.Error("it was told to be written")
		}
	}
	if n := whole(t, db); n != 2 {
		t.Errorf("%d entries", n)
	}
	set(t, db, `PRAGMA query_only = 0`)
	fill(t, db, 1)
	if n := whole(t, db); n != 3 {
		t.Errorf("%d entries", n)
	}
}

// set changes a setting of the writer's connection, as a change of the disk
// below would; the writer has nothing to do meanwhile.
func set(t *testing.T, db *DB, pragma string) {
	t.Helper()
	if _, err := db.writer.tx.conn.ExecContext(t.Context(), pragma); err != nil {
		t.Fatal(err)
	}
}

func TestLostConnection(t *testing.T) {
	db := openNew(t)
	dropped := 0
	db.OnForeignWrite(func(citizen.Ref) { dropped++ })
	fill(t, db, 2)
	if err := db.writer.tx.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Log().Append(t.Context(), audit.Guard{}, sample(2)); err == nil {
		t.Error("it was told to be written")
	}
	fill(t, db, 1)
	if n := whole(t, db); n != 3 {
		t.Errorf("%d entries", n)
	}
	if dropped != 1 {
		t.Errorf("projections were dropped %d times: the new connection cannot know what it missed", dropped)
	}
}
