// Package session owns citizens' sessions and the one-time values of signing in.
//
// A session is made at the end of a sign-in, named by a random secret in a
// cookie (stored only as its SHA-256), and ends by sign-out, idle time or age.
// It seals the NHS login ID token, which is needed to ask upstream and cannot be
// renewed without the citizen. Live sessions are a projection in memory, so that
// the warm road reads no database; idle time is flushed at most once a minute.
//
// It must not know HTTP, cookies or NHS login. Neighbours: internal/citizen
// tells who the pseudonym is; internal/store/sqlite implements [Store] and
// [OneTimeStore]; internal/audit gets the sign-in and sign-out entries in the
// same transaction.
package session
