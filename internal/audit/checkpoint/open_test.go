package checkpoint_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/audittest"
	"github.com/patient-care-aggregator/aggregator/internal/audit/checkpoint"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

func TestOpenPublisher(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	open := func(t *testing.T, dir string) *store.Store {
		t.Helper()
		db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "log.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	add := func(t *testing.T, db *store.Store, n int, by ...client.ID) {
		t.Helper()
		for range n {
			if _, err := db.Log().Append(t.Context(), audit.Guard{}, audit.Entry{Kind: audit.SignedIn, At: noon, Outcome: audit.Succeeded, Client: append(by, client.Web)[0]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	options := func(dir string, db *store.Store) checkpoint.Options {
		path := filepath.Join(dir, "log.db")
		return checkpoint.Options{
			File: path + ".checkpoints", KeyPath: path + ".checkpoint-key", Origin: "test/audit", Sink: filepath.Join(dir, "sink"),
			Log: db.Log(), Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler),
		}
	}

	t.Run("after a restart a log that was put in the other's place is not signed", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		db := open(t, dir)
		add(t, db, 5)
		c, _, err := checkpoint.OpenPublisher(options(dir, db))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := open(t, t.TempDir())
		add(t, other, 4, "another")
		o := options(dir, db)
		o.Log = other.Log()
		again, _, err := checkpoint.OpenPublisher(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
			t.Errorf("a shorter log: %v", err)
		}
		add(t, other, 4)
		if _, err := again.Publish(t.Context()); !errors.Is(err, checkpoint.ErrForked) {
			t.Errorf("a longer log of other entries: %v", err)
		}
	})
	t.Run("after a restart the sink gets what it missed, once", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		db := open(t, dir)
		add(t, db, 5)
		down := true
		var kept []string
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if down {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if r.Method == http.MethodGet {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			note, _ := io.ReadAll(r.Body)
			kept = append(kept, string(note))
		}))
		t.Cleanup(server.Close)
		o := options(dir, db)
		o.Sink, o.HTTP = server.URL, newClient(t, server.Client().Transport)
		c, _, err := checkpoint.OpenPublisher(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Publish(t.Context()); err == nil {
			t.Fatal("a sink that is down has it")
		}
		down = false
		again, _, err := checkpoint.OpenPublisher(o)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := again.Publish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(kept) != 1 || !strings.Contains(kept[0], "\n5\n") {
			t.Errorf("the sink has %q", kept)
		}
	})
	t.Run("an earlier checkpoint can be signed again, and none of the future", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		db := open(t, dir)
		add(t, db, 7)
		c, key, err := checkpoint.OpenPublisher(options(dir, db))
		if err != nil {
			t.Fatal(err)
		}
		by := key.PublicKeys()
		then, err := c.PublishSigned(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		add(t, db, 6)
		now, err := c.SignedAt(t.Context(), 7)
		if err != nil || now.Root != then.Root || now.Size != 7 {
			t.Errorf("%+v instead of %+v, %v", now, then, err)
		}
		if read, err := checkpoint.Open(now.Note, by); err != nil || read.Root != then.Root {
			t.Errorf("%+v, %v", read, err)
		}
		if found, err := checkpoint.NewFileSink(options(dir, db).File).Checkpoints(by); err != nil || len(found.Checkpoints) != 1 {
			t.Errorf("asking published something: %+v, %v", found, err)
		}
		for _, size := range []int64{-1, 14} {
			if _, err := c.SignedAt(context.WithoutCancel(t.Context()), size); err == nil {
				t.Errorf("size %d was signed", size)
			}
		}
	})
}

func TestASinkIsToldOfErasuresOnceAndAgainAfterARestartOnlyOfNewOnes(t *testing.T) {
	dir := t.TempDir()
	file, keyPath := filepath.Join(dir, "checkpoints"), filepath.Join(dir, "key")
	l := audittest.New(t, 3)
	l.Erased = []audit.Erasure{{Seq: 1, Citizen: "ANN", At: audittest.Day(1).Truncate(time.Second)}}
	published := func() checkpoint.Found {
		t.Helper()
		p, key, err := checkpoint.OpenPublisher(checkpoint.Options{
			File: file, KeyPath: keyPath, Origin: "log.example", Log: l, Now: func() time.Time { return audittest.Day(3) }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := p.Publish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		by := key.PublicKeys()
		found, err := checkpoint.NewFileSink(file).Checkpoints(by)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := published(); len(found.Erasures) != 1 || found.Erasures[0] != l.Erased[0] || len(found.Checkpoints) != 1 || found.Foreign+found.CutShort != 0 {
		t.Errorf("%+v", found)
	}
	l.Erased = append(l.Erased, audit.Erasure{Seq: 2, Citizen: "BOB", At: l.Erased[0].At, Openings: true})
	if found := published(); len(found.Erasures) != 2 || found.Erasures[1] != l.Erased[1] {
		t.Errorf("%+v", found)
	}
}

func TestAKeySignsNoSecondLog(t *testing.T) {
	dir := t.TempDir()
	file, keyPath := filepath.Join(dir, "checkpoints"), filepath.Join(dir, "key")
	publisher := func(l *audittest.Log) *checkpoint.Publisher {
		t.Helper()
		p, _, err := checkpoint.OpenPublisher(checkpoint.Options{
			File: file, KeyPath: keyPath, Origin: "log.example", Log: l, Now: func() time.Time { return audittest.Day(3) }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	publish := func(p *checkpoint.Publisher, want error) {
		t.Helper()
		if _, err := p.Publish(t.Context()); !errors.Is(err, want) {
			t.Errorf("%v instead of %v", err, want)
		}
	}
	log := audittest.New(t, 3)
	copied := &audittest.Log{Stored: slices.Clone(log.Stored)}
	one, beside, other := publisher(log), publisher(log), publisher(copied)
	publish(one, nil)
	log.Add(t, audittest.Sample(3))
	publish(beside, nil) // a command on the same log
	publish(one, nil)
	copied.Add(t, audittest.Sample(9)) // a second service, on a copy of the database
	publish(other, checkpoint.ErrForked)
	copied.Add(t, audittest.Sample(10))
	publish(other, checkpoint.ErrForked)
	log.Add(t, audittest.Sample(4))
	publish(one, nil)
}
