// Package session owns citizens' sessions and the one-time values of signing in.
//
// A session is made at the end of a sign-in, named by a random secret in a
// cookie (stored only as its SHA-256), and ends by sign-out, idle time or age.
// It seals the NHS login ID token, which is needed to ask upstream and cannot be
// renewed without the citizen. Live sessions are a projection in memory, so that
// finding one usually reads no database; times of use are written at most once a
// minute.
//
// It must not know HTTP, cookies or NHS login. Neighbours: internal/citizen
// resolves the pseudonym; internal/store/sqlite implements [Store] and
// [OneTimeStore] and writes the sign-in and sign-out entries (internal/audit) in
// the same transaction; internal/projection keeps sessions in memory.
//
// Reading order: caller.go, manager.go, store.go.
package session
