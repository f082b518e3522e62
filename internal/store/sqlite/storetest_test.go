package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
	"github.com/patient-care-aggregator/aggregator/internal/store/storetest"
)

func TestStoreKeepsItsPromises(t *testing.T) {
	defer goleak.VerifyNone(t)
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Stores {
		t.Helper()
		return stores(t, filepath.Join(t.TempDir(), "care.db"), now)
	})
}

func stores(t *testing.T, path string, now func() time.Time) storetest.Stores {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := partsOf(db)
	s.Reopen = func(t *testing.T) storetest.Stores {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return stores(t, path, now)
	}
	s.Beside = func(t *testing.T) storetest.Stores {
		t.Helper()
		beside, err := sqlite.OpenBeside(t.Context(), path, sqlite.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := beside.Close(); err != nil {
				t.Error(err)
			}
		})
		return partsOf(beside)
	}
	return s
}

func partsOf(db *sqlite.DB) storetest.Stores {
	return storetest.Stores{
		Log: db.Log(), Consents: db.Consents(), Subjects: db.Subjects(), Sessions: db.Sessions(),
		Histories: db.Histories(), OneTimeValues: db.OneTimeValues(), StaffAccounts: db.StaffAccounts(), Proposals: db.Proposals(), OnForeignWrite: db.OnForeignWrite,
	}
}
