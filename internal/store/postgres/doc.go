// Package postgres is the store for several processes: one PostgreSQL database that keeps
// every promise of internal/store/storetest, for as many services as there are.
//
// Every transaction that writes to the log, or changes what guards are judged by, takes the
// row of log_head first, so one of all writers writes at a time. Each process has one
// writer: it begins a transaction, takes that lock, and only then gathers what waits. Guards
// and the ends of lists are read in later statements, which see what the holder before
// committed; in the statement that takes the lock the snapshot is older than the lock. The
// rows and COMMIT go in the last trip (docs/adr/0027). Success is reported after COMMIT and
// never before.
//
// The tables are those of internal/store/sqlite, and these:
//
//	log_head  size, latest, edge, changes  where the log ends; the lock
//	changes   n, writer, citizen           what other processes may have in memory
//
// log_heads is written with each commit, because another process has to see it. What a
// process changed is a row of changes, so that others drop what they have in memory before
// they answer another act, even without LISTEN (changes.go).
//
// Values that are taken once, and when sessions were seen, need no lock of the log and are
// written beside it.
//
// What this package must not know: what is in a sealed value, who a pseudonym is, HTTP.
// Neighbours: it implements the same interfaces as internal/store/sqlite, with the same rows
// (internal/store/logrows) and the same queue (internal/store/acts); internal/store opens it.
//
// Read open.go, writer.go, batch.go and growth.go, which write; guard.go, which judges what
// may be written; then the file of the table that you work on.
package postgres
