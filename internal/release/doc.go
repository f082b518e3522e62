// Package release is the act of showing a citizen's information to a client. It
// keeps two of the service's promises: nothing leaves without the citizen's
// consent, and nothing leaves before the log has a durable entry about it.
//
// [Service.Show] does it in one order:
//
//	consent ─► sources ─► consent ─► history ─► words ─► entry and observation ─► Released
//
// Consent is decided before anything is asked and again after, because a citizen
// may withdraw while the sources answer. The entry is written under a guard: the
// store judges inside its transaction whether consent and session are still those
// that the decision relied on. If they are not, Show does everything once more,
// the words included, and then refuses.
//
// What the reading adds to the history is written in the same transaction, so an
// observation is stored if and only if the log says that it was shown. If another
// request changed that history meanwhile, Show does everything once more too, and then
// shows the answer without a history.
//
// A [Released] has no exported fields. It is made by Show only, so that who writes
// answers (internal/httpapi) cannot write one that is in no log. What the zero
// value holds is never written.
//
// It must not know HTTP, what a page looks like, or where entries are stored.
// Errors are sentinels and [ConsentRequired]; internal/httpapi puts them into
// problems. Neighbours: internal/consent decides, internal/aggregate asks,
// internal/history remembers, internal/timeline has the words, internal/audit
// keeps the entries.
//
// Reading order: show.go, then reading.go, content.go, log.go, hand_off.go.
package release
