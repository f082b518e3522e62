package storetest

import (
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/approval"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/store"
)

// Stores are the stores of one database.
type Stores struct {
	Log           store.Log
	Consents      store.Consents
	Subjects      store.Subjects
	Sessions      store.Sessions
	Histories     history.Store
	OneTimeValues session.OneTimeStore
	StaffAccounts store.Staff
	Proposals     approval.Store
	// OnForeignWrite is that of internal/store.Store.
	OnForeignWrite func(func(citizen.Ref))
	// Reopen closes the database and opens it again, as a restart does.
	Reopen func(t *testing.T) Stores
	// Beside opens the same database a second time, as another process does, and
	// closes it at the test's end.
	Beside func(t *testing.T) Stores
}

// Open returns an empty database of its own to each test and closes it at the
// test's end. The store judges guards by the clock now.
type Open func(t *testing.T, now func() time.Time) Stores

// opener is an Open at noon.
type opener func(t *testing.T) Stores

// Run tests every promise that a store makes, in the interfaces of the packages
// that use it.
func Run(t *testing.T, with Open) {
	open := func(t *testing.T) Stores {
		t.Helper()
		return with(t, noon)
	}
	t.Run("guards", func(t *testing.T) { testGuards(t, with) })
	t.Run("observations", func(t *testing.T) { testObservations(t, with) })
	for name, test := range map[string]func(*testing.T, opener){
		"log":             testLog,
		"finding entries": testFinding,
		"statistics":      testStatistics,
		"holds":           testHolds,
		"retention":       testRetention,
		"erased openings": testErasedOpenings,
		"proposals":       testProposals,
		"withholding":     testWithholding,
		"consents":        testConsents,
		"subjects":        testSubjects,
		"ring keys":       testRingKeys,
		"copies":          testCopies,
		"sessions":        testSessions,
		"histories":       testHistories,
		"one-time values": testOneTimeValues,
		"staff accounts":  testStaffAccounts,
		"staff sessions":  testStaffSessions,
		"foreign writes":  testForeignWrites,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}
