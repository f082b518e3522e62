package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// NewTracerProvider exports spans by OTLP over HTTP when export is true; the
// exporter reads the standard OTEL_EXPORTER_OTLP_* variables. Otherwise spans
// cost nothing. The stop function sends the spans that are still queued.
func NewTracerProvider(ctx context.Context, export bool) (trace.TracerProvider, func(context.Context) error, error) {
	if !export {
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("start trace exporter: %w", err)
	}
	p := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "patient-care-aggregator"))),
	)
	return p, p.Shutdown, nil
}
