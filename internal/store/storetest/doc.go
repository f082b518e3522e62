// Package storetest is the contract of a store, as a suite that every store runs:
// [Run] is its one entry. Each promise that a consumer's interface makes
// (internal/audit, consent, citizen, session, history, and internal/store itself)
// has its test here, so that another store can be written against it.
//
// Read run.go, then the file of the part that you work on; samples.go has the
// values that all of them use.
//
// What this package must not know: how a store is made, and what only one kind of
// store can promise, such as what is in its files. Neighbours: internal/store has
// the interfaces; the tests of internal/store/sqlite run the suite. Only tests
// import it.
package storetest
