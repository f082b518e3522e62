// Package storetest is the promises that every store keeps, as a suite to run
// against each: what is acknowledged is durable, an act and its log entry are
// written both or neither, a one-time value is taken once, the log's tree always
// verifies, and a restart changes nothing.
//
// It must not know how a store is made. Neighbours: internal/store/sqlite runs it.
package storetest
