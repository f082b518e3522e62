package tests_test

import (
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// A trace that begins in an app goes on in the service, and leads to the log's lines.
func TestATraceOfTheCallerGoesOn(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	s := harness.Start(t, func(o *local.Options) { o.Tracing = provider })
	const trace, id = "0af7651916cd43dd8448eb211c80319c", "9f2f3c1a-5f0e-4b7e-8a53-5d8f6a0c2f11"
	s.Browser().Get("/v1/privacy-notice", "Traceparent", "00-"+trace+"-b7ad6b7169203331-01", "X-Correlation-ID", id)
	for _, span := range spans.GetSpans() {
		if span.SpanContext.TraceID().String() != trace {
			continue
		}
		for _, a := range span.Attributes {
			if strings.HasSuffix(string(a.Key), "correlation_id") && a.Value.AsString() == id {
				return
			}
		}
	}
	t.Errorf("no span of the caller's trace names the request: %+v", spans.GetSpans())
}
