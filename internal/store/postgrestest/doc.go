// Package postgrestest starts a PostgreSQL for tests: one server for each program of tests,
// and an empty database for each test.
//
// It needs Debian's package postgresql and runs the server as the user postgres where the
// tests are run by root. Without the package tests are skipped, or fail where
// PCA_REQUIRE_TOOLS is set. What it must not know: any schema.
package postgrestest
