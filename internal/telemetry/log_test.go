package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const number = "9990000018"

// line logs and returns what was written, decoded.
func line(t testing.TB, write func(*slog.Logger)) (string, map[string]any) {
	t.Helper()
	var out bytes.Buffer
	write(telemetry.NewLogger(&out, slog.LevelInfo))
	var fields map[string]any
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatalf("%s is not JSON: %v", out.String(), err)
	}
	return out.String(), fields
}

type record struct {
	Name  string
	Parts []string
}

type own struct{}

func (own) LogValue() slog.Value {
	return slog.GroupValue(slog.String("in", "number "+number), slog.Group("deep", slog.Any("error", errors.New(number))))
}

func TestVersionsAreNotTakenForNumbers(t *testing.T) {
	var b bytes.Buffer
	telemetry.NewLogger(&b, slog.LevelInfo).LogAttrs(t.Context(), slog.LevelInfo, "ready", slog.String(telemetry.KeyValueSets, "vs-d64f5c0123456789"),
		slog.String(telemetry.KeyVersion, "v0.0.0-20261126232527-aa"), slog.String(telemetry.KeyDatabase, "sqlite:/9990000018"))
	if !strings.Contains(b.String(), "vs-d64f5c0123456789") || !strings.Contains(b.String(), "20261126232527") || strings.Contains(b.String(), "9990000018") {
		t.Error(b.String())
	}
}

func TestWhatMustNotBeLoggedIsReplaced(t *testing.T) {
	address := url.Values{"patient:identifier": {"https://fhir.nhs.uk/Id/nhs-number|" + number}}.Encode()
	for name, text := range map[string]string{
		"a number": number, "in words": "of " + number + ".", "grouped": "999 000 0018", "with dashes": "999-000-0018", "within letters": "nhs" + number + "x",
		"an address": address, "grouped in an address": "q=999%20000%200018&x=999+000+0018", "with hard spaces": "999\u00a0000\u00a00018",
		"two in one line": number + "," + number, "after a booking reference": "1234 5678 9012/" + number, "a path": "Patient/" + number + "/_history/1",
		"JSON in a text": `{"value":"` + number + `"}`, "with underscores": "_" + number + "_", "more digits than it has": "00" + number + "00",
	} {
		got, _ := line(t, func(l *slog.Logger) {
			l = l.With(slog.String("before", text)).WithGroup("group").With(slog.Any("inner", errors.New(text)))
			l.InfoContext(t.Context(), text, slog.String("text", text), slog.Any("error", fmt.Errorf("wrapped: %w", errors.New(text))),
				slog.Group("more", slog.String("text", text), slog.Group("", slog.Any("list", []string{"x", text}))),
				slog.Any("struct", record{text, []string{text}}), slog.Any("pointer", &record{Name: text}), slog.Any("map", map[string]any{"k": text}),
				slog.Any("bytes", json.RawMessage(`{"v":"x"}`)), slog.Any("own", own{}), slog.Any("unwritable", func() string { return text }),
				slog.Int64("int", 9990000018), slog.Uint64("uint", 9990000018), slog.Float64("float", 9990000018), slog.Any("ints", []int{9990000018}))
		})
		if plain := strings.NewReplacer(" ", "", "-", "", "%20", "", "+", "", "\u00a0", "").Replace(got); strings.Contains(plain, number) {
			t.Errorf("%s: %s", name, got)
		}
		if strings.Contains(got, "5678") {
			t.Errorf("%s: a booking reference: %s", name, got)
		}
	}
	for _, token := range []string{"eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiIxIn0.c2ln", "Bearer eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiIxIn0.", "id_token=eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiIxIn0.c2ln&x", "xeyJhbGciOiJSUzUxMiJ9.c2ln"} {
		if got, _ := line(t, func(l *slog.Logger) { l.InfoContext(t.Context(), token, slog.String("t", token)) }); strings.Contains(got, "OiJSUzUxMiJ9") || strings.Contains(got, "c2ln") {
			t.Error(got)
		}
	}
}

func TestWhatIsNeededStays(t *testing.T) {
	for _, text := range []string{
		"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3", "12345678-1234-1234-1234-123456789012", "status 503", "2026-03-02T10:00:00Z", "192.168.100.200:54321",
		"GET /v1/referrals/:id", "sub/2b3b21fd-fe9f-403c-9682-999000001812/x", "PCA_SESSION_IDLE", "123 456 789",
	} {
		_, fields := line(t, func(l *slog.Logger) {
			l.InfoContext(t.Context(), "m", slog.String("k", text), slog.Any("e", errors.New(text)))
		})
		if fields["k"] != text || fields["e"] != text {
			t.Errorf("%q is written as %q and %q", text, fields["k"], fields["e"])
		}
	}
	_, fields := line(t, func(l *slog.Logger) {
		l.InfoContext(t.Context(), "m", slog.Int("status", 200), slog.Float64("ms", 12.3456789012345), slog.Bool("b", true), slog.Any("list", []int{1, 2}), slog.Any("none", nil),
			slog.Group("g", slog.String("k", "v")))
	})
	group, _ := fields["g"].(map[string]any)
	list, _ := fields["list"].([]any)
	if fields["status"] != 200.0 || fields["ms"] != 12.3456789012345 || fields["b"] != true || len(list) != 2 || fields["none"] != nil || group["k"] != "v" {
		t.Errorf("written as %v", fields)
	}
	t.Run("and the level is kept", func(t *testing.T) {
		var out bytes.Buffer
		telemetry.NewLogger(&out, slog.LevelWarn).InfoContext(t.Context(), "m")
		if out.Len() != 0 {
			t.Error(out.String())
		}
	})
}

func TestEveryUUIDStaysWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.StringMatching(`[0-9a-f]{8}-[0-9]{4}-4[0-9]{3}-[89ab][0-9]{3}-[0-9]{12}`).Draw(rt, "uuid")
		_, fields := line(t, func(l *slog.Logger) { l.InfoContext(t.Context(), "m", slog.String(telemetry.KeyCorrelationID, id)) })
		if fields[telemetry.KeyCorrelationID] != id {
			rt.Fatalf("%q is written as %q", id, fields[telemetry.KeyCorrelationID])
		}
	})
}

func TestEveryLineOfARequestNamesIt(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo)
	const id = "9f2f3c1a-5f0e-4b7e-8a53-5d8f6a0c2f11"
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}})
	ctx := trace.ContextWithSpanContext(telemetry.WithCorrelation(t.Context(), id), span)
	log.WarnContext(ctx, "source failed")
	log.InfoContext(ctx, "request", slog.String(telemetry.KeyCorrelationID, id))
	for line := range strings.Lines(out.String()) {
		if strings.Count(line, id) != 1 || !strings.Contains(line, `"traceId":"01020000000000000000000000000000"`) {
			t.Error(line)
		}
	}
}
