// Package postgrestrial tries the form in which entries will be appended to the log in
// PostgreSQL, before that form is final: the order of locks and statements, the rows, and
// how they are stored. It has tests and benchmarks only. The store itself will replace
// it; docs/adr/0027 has what was measured here.
//
// An append takes three trips to the database: BEGIN and the lock of the head row; what
// guards and lists are judged and numbered by; the rows and COMMIT. Read writer_test.go,
// then schema.sql. Without PostgreSQL on this machine everything is skipped.
//
// What it must not know: anything of a store but the log. Neighbours: internal/audit has
// the entries, internal/store/sqlite has the same rows.
package postgrestrial
