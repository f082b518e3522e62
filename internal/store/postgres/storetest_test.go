//go:build linux

package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/store/postgres"
	"github.com/patient-care-aggregator/aggregator/internal/store/postgrestest"
	"github.com/patient-care-aggregator/aggregator/internal/store/storetest"
)

func TestStoreKeepsItsPromises(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Stores {
		t.Helper()
		return stores(t, database(t), now)
	})
}

// database is the URL of a database without rows.
func database(t testing.TB) string {
	t.Helper()
	return postgrestest.Database(t, func(url string) error {
		db, err := postgres.Open(context.Background(), url, postgres.Options{})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

func stores(t *testing.T, url string, now func() time.Time) storetest.Stores {
	t.Helper()
	db := opened(t, url, now, postgres.Open)
	s := partsOf(db)
	s.Reopen = func(t *testing.T) storetest.Stores {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return stores(t, url, now)
	}
	s.Beside = func(t *testing.T) storetest.Stores {
		t.Helper()
		return partsOf(opened(t, url, now, postgres.OpenBeside))
	}
	return s
}

func opened(t *testing.T, url string, now func() time.Time, open func(context.Context, string, postgres.Options) (*postgres.DB, error)) *postgres.DB {
	t.Helper()
	db, err := open(t.Context(), url, postgres.Options{Now: now, WatchEvery: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func partsOf(db *postgres.DB) storetest.Stores {
	return storetest.Stores{
		Log: db.Log(), Consents: db.Consents(), Subjects: db.Subjects(), Sessions: db.Sessions(),
		Histories: db.Histories(), OneTimeValues: db.OneTimeValues(), StaffAccounts: db.StaffAccounts(), Proposals: db.Proposals(), OnForeignWrite: db.OnForeignWrite,
	}
}
