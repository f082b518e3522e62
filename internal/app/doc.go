// Package app puts the service together. [New] takes a configuration and returns
// the parts that are run: two handlers, what the service does by itself, and how
// it is closed.
//
// It owns wiring only: which part gets which, how long an upstream may take, how
// large memories are, how often housekeeping runs. It is the only package that
// knows both the domain and what implements it. It must not decide anything about
// citizens, consent, the log or requests; those rules are in the packages that it
// wires.
//
// New builds bottom-up. What a part needs is an argument of the method that makes
// it, so that the compiler keeps the order; no method sets a field of anything.
//
// Read app.go, wiring.go, then the file of the part in question: words.go,
// upstreams.go, sources.go, people.go (sign-in, consents, history), record.go (the
// log), routes.go. serve.go runs the result, chores.go has what it does by itself.
//
// Neighbours: cmd/aggregator and internal/local start an App.
package app
