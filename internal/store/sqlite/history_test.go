package sqlite_test

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/store/sqlite"
	"github.com/patient-care-aggregator/aggregator/internal/store/storetest"
)

func TestHistoriesKeepTheirPromises(t *testing.T) {
	defer goleak.VerifyNone(t)
	storetest.RunHistories(t, func(t *testing.T) storetest.Histories {
		return histories(t, filepath.Join(t.TempDir(), "care.db"))
	})
}

func histories(t *testing.T, path string) storetest.Histories {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return storetest.Histories{
		History: db.Histories(), Subjects: db.Subjects(),
		Reopen: func(t *testing.T) storetest.Histories {
			t.Helper()
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return histories(t, path)
		},
	}
}
