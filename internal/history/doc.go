// Package history remembers, for citizens who consented to it (history:store),
// the stage of each referral at earlier reads, so that the timeline can say since
// when it is at that stage, that a wait is long, and what changed.
//
// It owns what is kept ([Observation]), how one more reading changes it
// ([Compare], a pure function), its limits and its removal:
//
//	reading ──► Compare(history, reading) ──► nothing changed: nothing is written
//	                     │
//	                     └──► one step on the revision that was read, durable together
//	                          with the entry that says what was shown; another request
//	                          was faster: neither is written, and all is done again
//
//	withdrawal ──► Forget: rows gone, revision raised, so that a step that began
//	               before cannot bring them back
//	erasure    ──► the store removes the rows with the subject
//	time       ──► RemoveExpired: removes what is older than the retention, and every history
//	               that no consent covers any more
//
// Kept are an opaque referral id, codes, dates and the source's version: no NHS
// number, no name, no words. All but the opaque id is sealed under the ring
// (purpose "history"), bound to the citizen's pseudonym and that id.
//
// The promises: nothing is kept or shown for a client without the scope. The first
// observation of a referral's current stage is never dropped while the referral is
// at that stage, so "since" never moves forward. A reading that is not complete
// never makes anything disappear. An observation is stored if and only if the log has
// the entry that says that it was shown, and never behind the withdrawal of its
// consent ([Keeper.Recording]). A history that cannot be read costs one answer its
// history and never the answer itself ([Keeper.Observe] returns no error). Nothing is
// fetched: this package sees what a citizen's own request read.
//
// What this package must not know: where rows are stored, HTTP, words, and who a
// pseudonym is. Neighbours: internal/referral has the stages and the kinds of
// change, internal/timeline the words; internal/consent decides;
// internal/store/sqlite implements [Store]; internal/release calls Observe after
// the sources were read and before the timeline is built, and Recording for the entry.
//
// Reading order: observation.go, compare.go (with change_kinds.go and bounds.go),
// keeper.go, observe.go, recording.go, changes.go, forget.go, remove_expired.go; then seal.go,
// store.go and export.go.
package history
