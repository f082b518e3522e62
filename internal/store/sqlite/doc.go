// Package sqlite is the embedded store: one SQLite file (WAL, synchronous=FULL)
// that keeps every promise of internal/store/storetest.
//
// One process serves: it holds a lock file, migrates, and owns the only writing
// connection. One goroutine writes: it commits whatever waits in one
// transaction, each act in its own savepoint, and places the log entries of
// all acts last, in the order of the acts, in one row of each table of the log. Success is reported after the commit and
// never before. Commands may open the same file while a server runs ([OpenBeside]);
// the server notices what they wrote ([DB.OnForeignWrite]).
//
//	log_leaves        first, leaves          append-only: a line each, from entry first on
//	log_hashes        first, hashes          append-only: what those entries completed in the tree
//	log_openings      first, openings        what opens those leaves; retention removes parts
//	log_heads         list, citizen, …       where lists end, and whose they are; lags, see heads.go
//	log_erasures      seq, subject, at       who was erased, for the sinks of checkpoints
//	log_prunings      before                 append-only: what retention may remove
//	log_retention     what, before           how far retention has gone
//	log_holds         id, citizen, …         what retention and erasure must not touch
//	consent_events    citizen, seq, …        append-only
//	subjects          ref, lookup, sealed    the only row that leads to a person
//	sessions          hash, citizen, …       goes with its subject
//	histories         citizen, revision      goes with its subject
//	history_rows      citizen, referral, …   goes with its history
//	staff_accounts    pseudonym, sealed      whom the log's staff are
//	staff_sessions    hash, sealed, …        who of staff is signed in
//	moved             target, entry          this database is not served again
//	one_time_values   kind, hash, value, …   taken once
//
// Times are INTEGER nanoseconds since 1970 UTC; in leaves they are text.
//
// What this package must not know: what is in a sealed value, who a pseudonym
// is, HTTP. Neighbours: it implements interfaces declared by internal/audit,
// internal/consent, internal/citizen, internal/session and internal/history;
// internal/store opens it.
//
// Read open.go, internal/store/acts, act.go, writer.go, batch.go and tx.go, which write; guard.go, which
// judges what may be written; tree.go and heads.go, which place entries;
// then the file of the table that you work on.
package sqlite
