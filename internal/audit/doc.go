// Package audit owns the log that proves what was shown to whom and on whose
// consent: an append-only Merkle tree (RFC 6962, section 2) of entries.
//
// An [Entry] becomes a leaf: canonical JSON ([Prepare]) whose hash is a leaf of
// the tree. [Verify] recomputes the whole tree from the leaves and names the
// first entry that is wrong; signed checkpoints, kept where the database's
// administrator cannot reach, make a rewritten or shortened log visible too.
//
//	openings   o0    o1    o2    o3    o4          whom and what: retention removes them
//	            |     |     |     |     |          commitments, salted
//	leaves     e0    e1    e2    e3    e4          kept for ever, name nobody
//	            |     |     |     |     |
//	hashes     h0    h1    h2    h3    h4          kept for ever
//	             \   /       \   /      |
//	              h01         h23       |          stored with e1 and e3, which
//	                 \       /          |          complete them
//	                   h0123            |
//	                        \           |
//	                          root of 5            signed in a checkpoint
//
// Each entry is in one list: a citizen's, [Everybody] or [Service]. It is numbered there
// and names the entry before it, so that a list can be followed backwards and nothing
// can be left out of it. An entry holds no identity but the id of its list and no
// clinical content.
//
// What this package must not know: where the log is stored, files, HTTP, and who
// the people behind lists are. Read entry.go, list.go, leaf.go and opening.go, then
// edge.go, record.go, verify.go, numbers.go and proof.go; find.go, statistics.go,
// hold.go and retention.go are used with the tree.
//
// Neighbours: audit/checkpoint signs and publishes the tree's state,
// audit/export writes entries for others, internal/store/sqlite implements
// [Appender] and the reading interfaces declared here; internal/consent and
// internal/session hand it entries that are written in one transaction with
// their own acts.
package audit
