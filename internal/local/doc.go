// Package local runs the whole service against the NHS sandbox in one process:
// for the commands dev and demo, and for tests.
//
// It owns the made-up keys and configuration of such a stack, and [Journey], a
// citizen's way through the service over HTTP. Only cmd/aggregator and tests
// import it, as it is the one room beside them that knows internal/sandbox; the
// service that it starts is the real one and does not know.
package local
