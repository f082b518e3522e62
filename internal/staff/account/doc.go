// Package account keeps which account at the staff provider each pseudonym in the log
// stands for, so that somebody who looked where they should not can be named. Issuer and
// subject are sealed under the key ring; only operators with the ring can ask ([Who]).
//
// Read account.go.
//
// What this package must not know: how staff sign in, and where rows are stored.
// Neighbours: internal/staff notes an account at each sign-in, internal/store/sqlite
// implements [Store], cmd/aggregator asks and seals again.
package account
