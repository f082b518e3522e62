package history_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	database "github.com/patient-care-aggregator/aggregator/internal/store"
)

// on opens a database file, with the citizen known.
func on(t *testing.T, path string, now func() time.Time) *database.Store {
	t.Helper()
	db, err := database.Open(t.Context(), "sqlite:"+path, database.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.Subjects().AddSubject(t.Context(), citizen.Subject{Ref: ann, Lookup: citizen.Lookup{KeyID: "k1"}, Sealed: []byte("x"), CreatedAt: noon()})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// signIn gives the citizen the session that guards are about.
func signIn(t *testing.T, db *database.Store) {
	t.Helper()
	r := session.Record{Hash: session.IDOf("secret"), Citizen: ann, Sealed: []byte("x"), CreatedAt: noon(), SeenAt: noon(), ExpiresAt: day(1000)}
	if err := db.Sessions().AddSession(t.Context(), r, audit.Entry{Kind: audit.SignedIn, At: day(-1), Citizen: ann, Outcome: audit.Succeeded}); err != nil {
		t.Fatal(err)
	}
}

// onDisk reports whether any file of the database contains a text.
func onDisk(t *testing.T, path string, text []byte) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal("no file", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, text) {
			return true
		}
	}
	return false
}

func TestStored(t *testing.T) {
	defer goleak.VerifyNone(t)
	sealing := ring(t)
	open := func(t *testing.T, path string) (*bench, *database.Store) {
		t.Helper()
		db := on(t, path, noon)
		return newBench(t, func(d *history.Deps) { d.Store, d.Ring = db.Histories(), sealing }), db
	}
	fill := func(t *testing.T, b *bench, db *database.Store) {
		t.Helper()
		signIn(t, db)
		event := consent.Event{Seq: 1, ID: "consent-1", Kind: consent.Granted, Citizen: ann, Client: app, At: noon()}
		if err := db.Consents().Record(t.Context(), 0, event, audit.Entry{Kind: audit.ConsentGranted, At: day(-1), Citizen: ann, Outcome: audit.Succeeded}); err != nil {
			t.Fatal(err)
		}
		b.observe(t, 0, facts(heart, referral.StateAwaitingTriage, dueBy(9), version("version-7")))
		b.observe(t, 1, facts(heart, referral.StateBooked, at(day(200).UTC()), version("version-8")), facts(eyes, referral.StateRejected))
	}

	t.Run("nothing of what was seen can be read from the files", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "care.db")
		b, db := open(t, path)
		fill(t, b, db)
		look := func() {
			for _, text := range []string{
				"AWAITING_TRIAGE", "BOOKED", "REJECTED", "with_service", "booked", "version-7", "version-8",
				"new_referral", "state_changed", day(200).UTC().Format("2006-01-02"), day(0).UTC().Format("2006-01-02"),
			} {
				if onDisk(t, path, []byte(text)) {
					t.Errorf("%q is on the disk", text)
				}
			}
			if !onDisk(t, path, []byte(heart)) {
				t.Error("the search finds nothing at all")
			}
		}
		look()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		look()
	})

	t.Run("a restart keeps it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "care.db")
		b, db := open(t, path)
		fill(t, b, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		b, _ = open(t, path)
		got := b.observe(t, 2, facts(heart, referral.StateBooked, at(day(200).UTC()), version("version-8")), facts(eyes, referral.StateRejected))
		if len(got) != 3 || b.failed() != nil {
			t.Errorf("got %v, failed %v", got, b.failed())
		}
		all, err := b.Changes(t.Context(), ann, app, history.Query{Limit: 10})
		if err != nil || len(all) != 2 {
			t.Errorf("%v, %v", all, err)
		}
	})

	t.Run("forgetting leaves no byte of it in any file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "care.db")
		b, db := open(t, path)
		fill(t, b, db)
		before, err := db.Histories().Observations(t.Context(), ann)
		if err != nil || len(before.Rows) != 3 {
			t.Fatalf("%d rows, %v", len(before.Rows), err)
		}
		if err := b.Forget(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		for _, row := range before.Rows {
			if onDisk(t, path, row.Sealed) || row.Referral != "" && onDisk(t, path, []byte(row.Referral)) {
				t.Errorf("the row of %q is still on the disk", row.Referral)
			}
		}
	})

	t.Run("erasing the citizen takes it along", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "care.db")
		b, db := open(t, path)
		fill(t, b, db)
		if err := db.Subjects().EraseSubject(t.Context(), ann, audit.Entry{Kind: audit.Erased, At: noon(), Outcome: audit.Succeeded, Citizen: ann}); err != nil {
			t.Fatal(err)
		}
		if onDisk(t, path, []byte(heart)) {
			t.Error("it is still on the disk")
		}
		b.ForgetAll() // as after a command that ran while the server was running
		seen := b.Observe(t.Context(), ann, app, whole(day(3), facts(heart, referral.StateRejected)))
		if err := b.log(t, ann, seen); !errors.Is(err, audit.ErrSessionEnded) || b.failed() != nil {
			t.Errorf("error %v, failed %v", err, b.failed())
		}
		if onDisk(t, path, []byte(heart)) {
			t.Error("it came back")
		}
	})

	t.Run("an access request gets all of it, readable", func(t *testing.T) {
		b, db := open(t, filepath.Join(t.TempDir(), "care.db"))
		fill(t, b, db)
		var out strings.Builder
		if err := history.Export(t.Context(), db.Histories(), sealing, ann, &out); err != nil {
			t.Fatal(err)
		}
		var states []string
		for line := range strings.Lines(out.String()) {
			var l struct{ Kind, Referral, State string }
			if err := json.Unmarshal([]byte(line), &l); err != nil || l.Kind != "observation" {
				t.Fatalf("%s: %v", line, err)
			}
			states = append(states, l.Referral[:4]+" "+l.State)
		}
		if got := strings.Join(states, ", "); got != "eyes REJECTED, hear AWAITING_TRIAGE, hear BOOKED" {
			t.Error(got)
		}
	})
}
