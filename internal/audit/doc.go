// Package audit owns the log that proves what was shown to whom and on whose
// consent: an append-only Merkle tree (RFC 6962, section 2) of entries.
//
// An [Entry] becomes a leaf: canonical JSON ([Encode]) whose hash is a leaf of
// the tree. [Verify] recomputes the whole tree from the leaves and names the
// first entry that is wrong; signed checkpoints, kept where the database's
// administrator cannot reach, make a rewritten or shortened log visible too.
//
//	leaves     e0    e1    e2    e3    e4          bodies: may be pruned by retention
//	            |     |     |     |     |
//	hashes     h0    h1    h2    h3    h4          kept for ever
//	             \   /       \   /      |
//	              h01         h23       |          stored with e1 and e3, which
//	                 \       /          |          complete them
//	                   h0123            |
//	                        \           |
//	                          root of 5            signed in a checkpoint
//
// A leaf holds no identity but the pseudonym, no clinical content, and of the
// correlation id only SHA-256(salt || id). The id and its salt are in a side
// table that retention empties; then the commitment says nothing any more.
//
// What this package must not know: where the log is stored, files, HTTP, and who
// the people behind pseudonyms are. Read entry.go and leaf.go, then edge.go,
// record.go, verify.go and proof.go; find.go, statistics.go, hold.go and
// retention.go are used with the tree.
//
// Neighbours: audit/checkpoint signs and publishes the tree's state,
// audit/export writes entries for others, internal/store/sqlite implements
// [Appender] and the reading interfaces declared here; internal/consent and
// internal/session hand it entries that are written in one transaction with
// their own acts.
package audit
