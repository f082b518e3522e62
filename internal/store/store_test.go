package store_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

func TestAnUnknownKindOfDatabaseIsRefusedByNamingTheKnownOnes(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "mysql://host/db", "sqlite:", "sqlite::memory:", "/var/lib/aggregator.db"} {
		for _, open := range []func() error{
			func() error { _, err := store.Open(t.Context(), url, store.Options{}); return err },
			func() error { _, err := store.OpenBeside(t.Context(), url, store.Options{}); return err },
		} {
			if err := open(); !errors.Is(err, location.ErrUnsupported) || !strings.Contains(err.Error(), location.Supported) {
				t.Errorf("%q: %v", url, err)
			}
		}
	}
}

func TestADatabaseIsOpenedByItsURLAndAgainBesideItsServer(t *testing.T) {
	defer goleak.VerifyNone(t)
	url := "sqlite:" + filepath.Join(t.TempDir(), "care.db")
	server, err := store.Open(t.Context(), url, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	beside, err := store.OpenBeside(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*store.Store{server, beside} {
		if size, err := s.Log().Size(t.Context()); err != nil || size != 0 {
			t.Errorf("size %d, %v", size, err)
		}
	}
	if err := errors.Join(beside.Close(), server.Close(), server.Close()); err != nil {
		t.Error(err)
	}
}

// What is moved goes on to the same place after an interruption, and to no other.
func TestAPlaceIsNamedWithoutWhatOpensItAndAsNoOtherPlace(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"sqlite:/data/care.db":                              "sqlite:/data/care.db",
		"postgres://owner:secret@db/care?sslmode=require":   "postgres://db/care",
		"postgresql://owner@db:5433/care":                   "postgres://db:5433/care",
		"postgres://owner@/care?host=/run/pg":               "postgres:///run/pg/care",
		"postgres://owner@/care?host=/run/pg&port=5433":     "postgres:///run/pg:5433/care",
		"postgres://db:5432/care?host=other&dbname=archive": "postgres://other:5432/archive",
		"postgres://owner@[::1]/care":                       "postgres://[::1]/care",
		"postgres://owner@[::1]:5433/care?password=secret":  "postgres://[::1]:5433/care",
	} {
		at, err := location.Parse(url)
		if err != nil || at.String() != want {
			t.Errorf("%s, %v, want %s", at, err, want)
		}
	}
}

func TestFilesNextToTheDatabaseAreNamedAfterIt(t *testing.T) {
	t.Parallel()
	at, err := location.Parse("sqlite:/data/care.db")
	if err != nil {
		t.Fatal(err)
	}
	if at.Checkpoints() != "/data/care.db.checkpoints" || at.CheckpointKey() != "/data/care.db.checkpoint-key" {
		t.Errorf("%s, %s", at.Checkpoints(), at.CheckpointKey())
	}
	if none := (location.Location{}); none.Checkpoints() != "" || none.CheckpointKey() != "" {
		t.Error("a database without a place for files names one")
	}
}
