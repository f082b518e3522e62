package telemetry

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// NewTracerProvider exports spans by OTLP over HTTP when export is true; the
// exporter reads the standard OTEL_EXPORTER_OTLP_* variables, and the resource
// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES. Otherwise spans cost nothing. What
// goes wrong with the export is logged. The stop function sends the spans that are
// still queued.
func NewTracerProvider(ctx context.Context, export bool, version string, log *slog.Logger) (trace.TracerProvider, func(context.Context) error, error) {
	if !export {
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("start trace exporter: %w", err)
	}
	of, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "patient-care-aggregator"), attribute.String("service.version", version)),
		resource.WithFromEnv(), // last, so that the operator's names win
	)
	if err != nil {
		return nil, nil, fmt.Errorf("name the service in traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { //nolint:contextcheck // it outlives ctx
		log.LogAttrs(context.Background(), slog.LevelWarn, "traces are not exported", slog.String(KeyError, err.Error()))
	}))
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(of))
	return p, p.Shutdown, nil
}
