// Package telemetry is what the operator sees: structured logs, metrics and traces.
//
// It owns the log handler that redacts what must never be written, the metrics
// registry and the tracer provider. It must not know any domain type: internal/app
// passes each package a function for the thing that it counts.
//
// Reading order: log.go, metrics.go, trace.go.
package telemetry
