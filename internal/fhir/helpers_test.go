package fhir_test

import (
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
)

// Made-up people of the range that is never issued.
const (
	ownNumber   = "9990000018"
	otherNumber = "9990000026"
)

func owner(t testing.TB) citizen.NHSNumber {
	t.Helper()
	n, err := citizen.ParseNHSNumber(ownNumber)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// parsed is the root of a text that is JSON.
func parsed(t testing.TB, text string) fhir.Value {
	t.Helper()
	d, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d.Root()
}

// oneOf fails unless there is exactly one value.
func oneOf(t testing.TB, list []fhir.Value) fhir.Value {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("%d values, want 1", len(list))
	}
	return list[0]
}
