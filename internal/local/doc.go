// Package local runs the whole service against the NHS sandbox in one process,
// for the commands dev and demo and for tests.
//
// It owns the made-up keys and configuration of such a [Stack], and [Journey], one
// citizen's browser. It is the only package that knows both internal/app and
// internal/sandbox; only cmd/aggregator (not in a production build) and tests
// import it. The service that it starts is the real one, configured through its
// environment, and must not know that its NHS is a sandbox.
//
// Begin with stack.go, then journey.go.
package local
