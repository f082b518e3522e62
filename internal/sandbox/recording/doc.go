// Package recording remembers what the sandbox was asked and how it answered,
// so that a test can assert on the requests of the service. It is bounded: the
// oldest request is forgotten first.
//
// A handler adds what it finds out (whose request it is, what was wrong
// with it) through [From]. The package must not know any NHS system.
package recording
