// Package history remembers, for citizens who consented to it (history:store),
// how their referrals stood at earlier reads, so that the timeline can say since
// when something is so, that a wait is long, and what changed.
//
// It owns what is kept ([Observation]), how one more reading changes it
// ([Compare], a pure function), its bounds and its end:
//
//	reading ──► Compare(history, reading) ──► nothing changed: nothing is written
//	                     │
//	                     └──► one durable step on the revision that was read;
//	                          somebody was faster: read again, compare again
//
//	withdrawal ──► Forget: rows gone, revision raised, so that a step that began
//	               before cannot bring them back
//	erasure    ──► the store removes the rows with the subject
//	time       ──► Tidy: what is older than the retention goes, and every history
//	               that no consent covers any more
//
// Kept are an opaque referral id, codes, dates and the source's version: no NHS
// number, no name, no words. All but the opaque id is sealed under the ring
// (purpose "history"), bound to the citizen's pseudonym and that id.
//
// The promises: nothing is kept or told for a client without the scope; the first
// sight of the stage in which a referral stands is never dropped while it stands
// so, hence "since" never moves forward; a reading that is not complete never
// makes anything disappear; a failure costs the history of one answer and never
// the answer ([Keeper.Observe] has no error); nothing is fetched: this package
// sees what a citizen's own request read.
//
// What this package must not know: where rows are stored, HTTP, words, and who a
// pseudonym is. Neighbours: internal/timeline judges stages and has the words,
// internal/consent decides, internal/store/sqlite implements [Store],
// internal/httpapi calls it between the second consent decision and the words.
package history
