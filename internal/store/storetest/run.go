package storetest

import (
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// Log is all that the service asks of a stored audit log.
type Log interface {
	audit.Appender
	audit.Source
}

// Stores are the stores of one database, empty at first.
type Stores struct {
	Log           Log
	Consents      consent.Store
	Subjects      citizen.Store
	Sessions      session.Store
	OneTimeValues session.OneTimeStore
	// Reopen closes the database and opens it again, as a restart does.
	Reopen func(t *testing.T) Stores
}

// Open gives an empty database of its own to each test and closes it at the
// test's end. The store judges guards by the clock now.
type Open func(t *testing.T, now func() time.Time) Stores

// Run proves the promises.
func Run(t *testing.T, with Open) {
	open := func(t *testing.T) Stores {
		t.Helper()
		return with(t, noon)
	}
	t.Run("guards", func(t *testing.T) { testGuards(t, with) })
	t.Run("log", func(t *testing.T) { testLog(t, open) })
	t.Run("finding entries", func(t *testing.T) { testFinding(t, open) })
	t.Run("consents", func(t *testing.T) { testConsents(t, open) })
	t.Run("subjects", func(t *testing.T) { testSubjects(t, open) })
	t.Run("sessions", func(t *testing.T) { testSessions(t, open) })
	t.Run("one-time values", func(t *testing.T) { testOneTimeValues(t, open) })
}
