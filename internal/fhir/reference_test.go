package fhir

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLocalIDProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reference := rapid.OneOf(rapid.String(), rapid.StringMatching(`(https?://[a-z]+)?/?([A-Za-z]+/)?(r\.)?[A-Za-z0-9.-]{0,9}(/_history/[0-9])?`)).Draw(t, "reference")
		id := LocalID(reference)
		if strings.ContainsAny(id, "/?#|") {
			t.Fatalf("%q leaves %q", reference, id)
		}
		if id != strings.ToLower(id) {
			t.Fatalf("%q leaves the case of %q", reference, id)
		}
		if got := ReferredID(reference, "ServiceRequest"); got != "" && got != id {
			t.Fatalf("%q refers to %q or %q", reference, got, id)
		}
	})
}
