package harness

import (
	"bytes"
	"encoding/json"
	"net/url"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/local"
)

// Refused asserts a problem of that status and code.
func Refused(t *testing.T, a local.Answer, status int, code string) {
	t.Helper()
	var p struct{ Code string }
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Status != status || p.Code != code {
		t.Errorf("status %d %q, want %d %q: %s", a.Status, p.Code, status, code, a.Body)
	}
}

// Answered asserts a status.
func Answered(t *testing.T, a local.Answer, status int) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
}

// Read decodes a JSON text.
func Read[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// Indent formats a JSON text so that people can review it, and changes nothing else.
func Indent(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n')
}

// Query makes the sandbox's choices for a sign-in: names and values in turn.
func Query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}
