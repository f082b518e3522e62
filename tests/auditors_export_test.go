package tests_test

import (
	"context"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/store"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// Not parallel: it looks at the memory of the whole process.
func TestAnExportNeedsNoMoreMemoryForALongerLog(t *testing.T) {
	const many = 30_000
	s := harness.Start(t)
	withLog(s, func(ctx context.Context, db *store.Store) {
		batch := make([]audit.Entry, 500)
		for i := range batch {
			batch[i] = audit.Entry{Kind: audit.DataRefused, At: s.Clock.Now(), Client: "load", Outcome: audit.Succeeded}
		}
		for range many / len(batch) {
			if _, err := db.Log().Append(ctx, audit.Guard{}, batch...); err != nil {
				t.Fatal(err)
			}
		}
	})

	b := s.Auditor("ada")
	lines, peak := readExport(b, "/audit/v1/entries")
	if lines < many {
		t.Errorf("%d lines", lines)
	}
	if const16MB := uint64(16 << 20); peak > const16MB {
		t.Errorf("it took %d bytes more while it was written", peak)
	}
}

func TestAnExportEndsWhenItsReaderLeaves(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	withLog(s, func(ctx context.Context, db *store.Store) {
		batch := make([]audit.Entry, 5000)
		for i := range batch {
			batch[i] = audit.Entry{Kind: audit.DataRefused, At: s.Clock.Now(), Client: "load", Purpose: strings.Repeat("x", 500), Outcome: audit.Succeeded}
		}
		for range 4 {
			if _, err := db.Log().Append(ctx, audit.Guard{}, batch...); err != nil {
				t.Fatal(err)
			}
		}
	})

	b := s.Auditor("ada")
	// More than may be under way at once: each is given up after its first bytes.
	for range 5 {
		leaveExport(b, "/audit/v1/entries")
	}
}
