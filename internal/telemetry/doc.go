// Package telemetry is what the operator sees: structured logs, metrics and traces.
//
// It owns the log handler that redacts what must never be written, the metrics
// registry and the tracer provider. It must not know any domain type: rooms get
// a function for each thing they count.
package telemetry
