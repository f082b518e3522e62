// Package projection keeps in memory what was recently read from this service's
// store, so that most requests read no database.
//
// It owns one bounded memory, least recently used first out, and one rule for
// changes during a read: the code that changes a key in the store calls Update,
// Put or Forget after the change is durable (ForgetAll when another process
// wrote). A load in progress is then outdated: its value is not kept, and callers
// that wait for it load again. So a caller that asks after a change has returned
// never sees the state before it.
//
// It must not know what it keeps. Values are shared by all callers, which MUST
// NOT change them.
//
// Neighbours: internal/consent, internal/history and internal/session keep their
// rows in one each. internal/cache is for what comes from other systems: that has
// an age, and an old value may be used after a failed load.
package projection
