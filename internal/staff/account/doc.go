// Package account keeps which account at the staff provider each pseudonym in the log
// stands for, so that somebody who looked where they should not can be named. Issuer and
// subject are sealed under the key ring; only operators with the ring can ask ([Who]). It
// also says how sessions of staff are stored, and ends all of them ([EndAll]).
//
// Read account.go, then session.go.
//
// What this package must not know: how staff sign in, and where rows are stored.
// Neighbours: internal/staff notes an account at each sign-in and has the rules of
// sessions; the stores (internal/store/sqlite, internal/store/postgres) implement [Store]
// and [SessionStore]; cmd/aggregator asks, seals again and ends sessions.
package account
