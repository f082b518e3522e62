// Package panics turns a panic into an error, so that a fault in one reading,
// one goroutine or one act costs that one thing and not the process.
//
// It owns the [Error] that a panic becomes and the rule that each one is
// reported once, with its stack, by the [Handler] that contained it. It must not
// know who contains what, or where reports go: internal/app hands in a Handler
// that writes to the log and counts.
//
// Every goroutine of this service either does nothing that can panic or runs
// inside [Handler.Contain]: a panic that leaves a goroutine ends the process, and
// no HTTP middleware can see it.
//
// Neighbours: internal/cache, internal/projection, internal/aggregate, internal/oidc,
// internal/patientcare, internal/organisation, internal/store/sqlite,
// internal/audit/checkpoint and internal/app contain panics; internal/httpapi
// recovers what happens on a request's own goroutine.
package panics
