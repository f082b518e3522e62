// Package logrows is the form in which stores keep the log, and reads it: entries that
// were committed together are one row of leaves, one of hashes and one of openings.
//
// It owns what these rows hold, finding and counting entries in them, and what retention
// removes of them. A store has the tables and the transactions; it is a [Source] and gets
// the readers of the log with [Reader]. Both stores write the same rows, so a log keeps its
// root when it moves from one to the other.
//
// What it must not know: SQL, and who a citizen is. Reading order: rows.go, reader.go,
// find.go, then removal.go.
package logrows
