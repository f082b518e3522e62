package fhir_test

import (
	"testing"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/fhir"
)

// reference reads one from its JSON.
func reference(t testing.TB, text string) *r4.Reference {
	t.Helper()
	var r fhir.Reader
	return r.Reference(parsed(t, `{"x":`+text+`}`), "x")
}

func TestIndexFindsByEveryFormOfReference(t *testing.T) {
	const system = "https://fhir.nhs.uk/Id/UBRN"
	value := func(s string) *string { return &s }
	name := fhir.IdentifierName(r4.Identifier{System: value(system), Value: value("000000100001")})
	index := fhir.NewIndex[string]("ServiceRequest", 2)
	index.Add("one", fhir.LocalID("1"), fhir.LocalID("urn:uuid:0C9A"), name)
	index.Add("two", fhir.LocalID("r.2"), "", "")

	for text, want := range map[string]string{
		`{"reference":"ServiceRequest/1"}`:                                                           "one",
		`{"reference":"https://x/FHIR/R4/ServiceRequest/1"}`:                                         "one",
		`{"reference":"ServiceRequest/1/_history/3"}`:                                                "one",
		`{"reference":"urn:uuid:0c9a"}`:                                                              "one",
		`{"reference":"ServiceRequest/r.2"}`:                                                         "two",
		`{"identifier":{"system":"` + system + `","value":"000000100001"}}`:                          "one",
		`{"type":"ServiceRequest","identifier":{"system":"` + system + `","value":" 000000100001"}}`: "one",
		`{"type":"http://hl7.org/fhir/StructureDefinition/ServiceRequest","identifier":{"system":"` + system + `","value":"000000100001"}}`: "one",
		`{"reference":"ServiceRequest?identifier=` + system + `|000000100001"}`:                                                             "one",
		`{"reference":"https://x/ServiceRequest?identifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2FUBRN%7C000000100001"}`:                          "one",
		`{"reference":"ServiceRequest/9","identifier":{"system":"` + system + `","value":"000000100001"}}`:                                  "one",

		`{"reference":"#1"}`:                         "",
		`{"reference":"Task/1"}`:                     "",
		`{"identifier":{"value":"000000100001"}}`:    "",
		`{"identifier":{"system":"` + system + `"}}`: "",
		`{"identifier":{"system":"https://hospital.example/ids","value":"000000100001"}}`:     "",
		`{"type":"CarePlan","identifier":{"system":"` + system + `","value":"000000100001"}}`: "",
		`{"reference":"CarePlan?identifier=` + system + `|000000100001"}`:                     "",
		`{"reference":"ServiceRequest?identifier=%zz"}`:                                       "",
		`{"reference":"ServiceRequest?"}`:                                                     "",
		`{"reference":""}`:                                                                    "",
		`{}`:                                                                                  "",
		`null`:                                                                                "",
	} {
		if got := index.Find(reference(t, text)); got != want {
			t.Errorf("%s finds %q, want %q", text, got, want)
		}
	}
}

func TestNameThatTwoClaimFindsNeither(t *testing.T) {
	index := fhir.NewIndex[string]("Appointment", 2)
	index.Add("one", "a", "shared", "b")
	index.Add("two", "b", "shared")
	for name, want := range map[string]string{"a": "one", "b": "two", "shared": ""} {
		if got := index.Find(reference(t, `{"reference":"Appointment/`+name+`"}`)); got != want {
			t.Errorf("%s finds %q, want %q", name, got, want)
		}
	}
}

func TestContained(t *testing.T) {
	v := parsed(t, `{"contained":[{"id":"first"},{"id":["role"],"is":"it"},{"id":7,"is":"seven"},{}]}`)
	for text, want := range map[string]string{
		`{"reference":"#role"}`: "it", `{"reference":" #role "}`: "it", `{"reference":"#7"}`: "seven",
		`{"reference":"#"}`: "", `{"reference":"role"}`: "", `{"reference":"#none"}`: "", `{"reference":"#Role"}`: "", `{}`: "", `null`: "",
	} {
		var r fhir.Reader
		found := r.Contained(r.Objects(v, "contained"), reference(t, text))
		if got := fhir.Deref(r.Text(found, "is")); got != want || r.Lost != 0 {
			t.Errorf("%s finds %q, want %q", text, got, want)
		}
	}
}
