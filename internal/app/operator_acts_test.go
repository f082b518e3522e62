package app

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

func TestAnActAtTheCommandLineRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "care.db")
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	alarms := 0
	var out bytes.Buffer
	a := &operatorActs{log: db.Log(), out: slog.New(slog.NewTextHandler(&out, nil)), raise: func() { alarms++ }}
	db.OnForeignWrite(func(citizen.Ref) { a.written.Store(true) })
	write := func(to *store.Store, by audit.Actor, n int) {
		t.Helper()
		for range n {
			e := audit.Entry{Kind: audit.Exported, At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Actor: by, Outcome: audit.Succeeded, Note: "by Ada"}
			if _, err := to.Log().Append(t.Context(), audit.Guard{}, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	looks := func(want int) {
		t.Helper()
		if err := a.look(t.Context()); err != nil || alarms != want {
			t.Errorf("%d alarms instead of %d, %v", alarms, want, err)
		}
	}
	write(db, audit.ActorService, 3)
	looks(0)

	beside, err := store.OpenBeside(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	write(beside, audit.ActorOperator, 120) // more than a page
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	write(db, audit.ActorService, 1) // with which the service notices
	looks(120)
	looks(120)

	// An act that the service has not noticed by the next round.
	beside, err = store.OpenBeside(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	write(beside, audit.ActorOperator, 1)
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	a.written.Store(false)
	looks(120)
	write(db, audit.ActorService, 1)
	a.written.Store(true)
	looks(121)
	if log := out.String(); strings.Count(log, "kind=export") != 121 || strings.Contains(log, "Ada") {
		t.Errorf("%.300s", log)
	}
}
