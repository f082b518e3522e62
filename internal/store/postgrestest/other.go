//go:build !linux

package postgrestest

import "testing"

// Main runs tests.
func Main(m *testing.M) int { return m.Run() }

// Database skips the test: the server is started on Linux only.
func Database(t testing.TB, _ func(url string) error) string {
	t.Helper()
	t.Skip("PostgreSQL is started for tests on Linux only")
	return ""
}
