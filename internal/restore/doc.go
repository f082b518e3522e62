// Package restore accepts a database that a backup was put into: a log that is shorter
// than the one that was signed, or goes on in another way. Such a database has forgotten
// withdrawals of consent, so nothing of anybody is shown from it ([checkpoint.ErrForked])
// until operators have named the state that they accept, once and on the record.
//
// Read accept.go.
//
// What this package must not know: where anything is stored, who the operators are, how
// they call it. Neighbours: internal/audit/checkpoint begins the new key,
// internal/consent suspends consents, cmd/aggregator offers it.
package restore
