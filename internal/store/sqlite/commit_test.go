package sqlite

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store/acts"
)

// enqueued has do, which writes, wait for a writer that is held.
func enqueued(t *testing.T, db *DB, do func() error) <-chan error {
	t.Helper()
	before := len(db.writer.queue.Acts())
	out := make(chan error, 1)
	go func() { out <- do() }()
	for len(db.writer.queue.Acts()) == before {
		select { // the goroutine above needs a moment to enter the queue
		case err := <-out:
			t.Fatalf("it did not wait: %v", err)
		default:
			runtime.Gosched()
		}
	}
	return out
}

// With the writer held, all acts are in one batch and in the order of the test.
func TestAWithdrawalRefusesTheReleaseBehindItInTheSameBatch(t *testing.T) {
	db, err := Open(t.Context(), newPath(t), Options{Now: func() time.Time { return at(0) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	event := func(ref citizen.Ref, seq int64, kind consent.Kind) consent.Event {
		return consent.Event{Seq: seq, ID: "consent-1", Kind: kind, Citizen: ref, Client: "app-one", At: at(0)}
	}
	record := func(ref citizen.Ref, seq int64, kind consent.Kind, logged audit.Kind) error {
		e := sample(0)
		e.Kind, e.Citizen = logged, ref
		return db.Consents().Record(context.Background(), seq-1, event(ref, seq, kind), e)
	}
	sessionOf := func(ref citizen.Ref) [32]byte { return session.IDOf(string(ref)) }
	for i, ref := range []citizen.Ref{"ANN", "BOB"} {
		s := subjectOf(ref, "sealed")
		s.Lookup.MAC[1] = byte(i)
		if _, err := db.Subjects().AddSubject(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		r := session.Record{Hash: sessionOf(ref), Citizen: ref, Sealed: []byte{1}, CreatedAt: at(0), SeenAt: at(0), ExpiresAt: at(9)}
		if err := db.Sessions().AddSession(t.Context(), r, sample(0)); err != nil {
			t.Fatal(err)
		}
		if err := record(ref, 1, consent.Granted, audit.ConsentGranted); err != nil {
			t.Fatal(err)
		}
	}
	show := func(ref citizen.Ref, place int) func() error {
		g := audit.NewGuard(audit.GuardParts{Citizen: ref, Client: "app-one", ConsentSeq: 1, Session: sessionOf(ref), Until: at(9)})
		e := sample(place)
		e.Kind, e.Citizen, e.Outcome = audit.DataReleased, ref, audit.Succeeded
		return func() error {
			_, err := db.Log().Append(context.Background(), g, e)
			return err
		}
	}

	release := held(t, db)
	var ends []<-chan error
	for _, do := range []func() error{
		show("ANN", 1),
		func() error { return record("ANN", 2, consent.Withdrawn, audit.ConsentWithdrawn) },
		show("ANN", 2),
		show("BOB", 3),
		func() error {
			_, err := db.Log().Append(context.Background(), audit.Guard{}, sample(4))
			return err
		},
		show("ANN", 5),
	} {
		ends = append(ends, enqueued(t, db, do))
	}
	release()
	for i, want := range []error{nil, nil, audit.ErrConsentChanged, nil, nil, audit.ErrConsentChanged} {
		if err := <-ends[i]; !errors.Is(err, want) {
			t.Errorf("act %d of the batch: %v instead of %v", i, err, want)
		}
	}
	if n := whole(t, db); n != 4+4 {
		t.Errorf("%d entries", n)
	}
}

func TestACommitWhoseOutcomeIsUnknown(t *testing.T) {
	// The last part of each is an error that says nothing about the commit.
	const failure = `SELECT abs(-9223372036854775808)`
	for name, c := range map[string]struct {
		commit  string
		written int64
	}{
		"was not written": {failure, 0},
		"was written":     {`COMMIT; ` + failure, 3},
	} {
		t.Run("and which "+name+" is reported neither as written nor as not written", func(t *testing.T) {
			db := openNew(t)
			fill(t, db, 2)
			release := held(t, db)
			first := queued(t, db, nil, sample(1))
			second := queued(t, db, func(ctx context.Context, x *tx) error {
				s, err := x.prepared(ctx, c.commit) //nolint:sqlclosecheck // closed with the connection
				x.statements[`COMMIT`] = s
				return err
			}, sample(2))
			conflict := queued(t, db, func(context.Context, *tx) error { return consent.ErrConflict }, sample(3))
			third := queued(t, db, nil, sample(4))
			release()
			for i, end := range []<-chan acts.Outcome{first, second, third} {
				if o := <-end; !errors.Is(o.Err, audit.ErrOutcomeUnknown) {
					t.Errorf("act %d: %+v", i, o)
				}
			}
			if o := <-conflict; !errors.Is(o.Err, consent.ErrConflict) || errors.Is(o.Err, audit.ErrOutcomeUnknown) {
				t.Errorf("an act that was refused whatever became of the others: %+v", o)
			}

			// The writer goes on from what the database has.
			if _, err := db.perform(t.Context(), func(_ context.Context, x *tx) error {
				delete(x.statements, `COMMIT`)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			fill(t, db, 1)
			if n := whole(t, db); n != 2+c.written+1 {
				t.Errorf("%d entries", n)
			}
		})
	}
}
