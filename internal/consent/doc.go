// Package consent owns what a citizen allowed which client: the events that say
// so, the decision that follows from them, and the privacy notices that citizens
// were shown.
//
// Events are appended and never edited ([Event]); [Decide] derives from them, as
// a pure function, whether a client may have what it asks for and if not, why.
// A citizen has at most one current consent for a client:
//
//	granted ──► renewed (more scopes, or longer) ──► withdrawn by the citizen or the client
//	   │            │
//	   │            └──► expired: its time is over
//	   └──► superseded: granted again under a newer notice
//
// A newer notice that asks for more changes older consents only for what it
// added: it declares for each scope since which version a consent still holds
// ([Notice.HoldsSince]).
//
// The [Ledger] keeps citizens' events in memory, so that deciding reads no
// database, and changes that projection after the commit. Each act and its audit
// entry, which carries the event's digest, are written both or neither.
//
// What this package must not know: where events are stored, HTTP, who may grant
// (internal/httpapi requires a first-party session), and who a pseudonym is.
// Neighbours: internal/store/sqlite implements [Store]; internal/audit is the log;
// internal/projection keeps the events in memory; internal/release and
// internal/history ask for decisions.
//
// Reading order: event.go, lifecycle.go (events to consents), decide.go, ledger.go,
// grant.go and withdraw.go; then notice.go, receipt.go, fhir.go and compare_log.go.
package consent
