package fhir_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/fhir"
)

const searchset = `{"resourceType":"Bundle","type":"searchset","total":2,"link":[{"relation":"self"}],"entry":[
	{"fullUrl":"https://portal.example/Appointment/1","resource":{"resourceType":"Appointment","id":"1"}},
	{"resource":{"resourceType":"DocumentReference","id":"2"}}]}`

func TestReadBundle(t *testing.T) {
	b, err := fhir.ReadBundle([]byte(searchset), owner(t), 10)
	if err != nil {
		t.Fatal(err)
	}
	if b.Total == nil || *b.Total != 2 || b.HasNext || len(b.Entries) != 2 {
		t.Fatalf("%+v", b)
	}
	if e := b.Entries[0]; e.FullURL != "https://portal.example/Appointment/1" || e.Kind != "Appointment" {
		t.Errorf("%+v", e)
	}
	if e := b.Entries[1]; e.Kind != "DocumentReference" || fhir.KindOf(e.Resource) != e.Kind {
		t.Errorf("%+v", e)
	}
	t.Run("a relation is compared in any case", func(t *testing.T) {
		b, err := fhir.ReadBundle([]byte(`{"resourceType":"Bundle","link":[{"relation":"Next"}]}`), owner(t), 10)
		if err != nil || !b.HasNext {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

func TestBundleThatIsNone(t *testing.T) {
	for text, want := range map[string]error{
		"":                           fhir.ErrMalformed,
		"<html>":                     fhir.ErrMalformed,
		"{":                          fhir.ErrMalformed,
		`{"a" 1}`:                    fhir.ErrMalformed,
		`[1,]`:                       fhir.ErrMalformed,
		searchset + "{}":             fhir.ErrMalformed,
		strings.Repeat("[", 20_000):  fhir.ErrMalformed,
		"null":                       fhir.ErrShape,
		`{"resourceType":"Patient"}`: fhir.ErrShape,
		`{"resourceType":"Bundle","type":"batch"}`:  fhir.ErrShape,
		`{"resourceType":"Bundle","entry":[1,2,3]}`: fhir.ErrTooLarge,
		"[" + strings.Repeat("0,", 1<<20) + "0]":    fhir.ErrTooLarge,
	} {
		if _, err := fhir.ReadBundle([]byte(text), owner(t), 2); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

// Another person's data must raise the alarm in whatever shape it comes.
func TestOwnershipIsJudgedBeforeShape(t *testing.T) {
	foreign := `{"resourceType":"Task","for":{"identifier":{"system":"` + fhir.SystemNHSNumber + `","value":"` + otherNumber + `"}}}`
	entry := `"entry":[{"resource":` + foreign + `}]`
	for name, text := range map[string]string{
		"a collection":             `{"resourceType":"Bundle","type":"collection",` + entry + `}`,
		"a bundle in lower case":   `{"resourceType":"bundle",` + entry + `}`,
		"a list":                   `[{"resourceType":"Bundle",` + entry + `},7]`,
		"the resource itself":      foreign,
		"more entries than may be": `{"resourceType":"Bundle","entry":[1,2,3,{"resource":` + foreign + `}]}`,
		"an answer that is cut":    `{"resourceType":"Bundle",` + entry[:len(entry)-4],
		"what follows the bundle":  `{"resourceType":"Bundle",` + entry + `}x`,
		"a byte order mark":        "\ufeff" + `{"resourceType":"Bundle",` + entry + `}`,
		"a value in a list":        `{"resourceType":"Bundle","x":{"system":["` + fhir.SystemNHSNumber + `"],"value":[["` + otherNumber + `"]]}}`,
		"a number":                 `{"resourceType":"Bundle","x":{"system":"` + fhir.SystemNHSNumber + `","value":` + otherNumber + `}}`,
		"a search with escapes":    `{"resourceType":"Bundle","link":[{"relation":"self","url":"https://x/?patient:identifier=nhs-number\u007c` + otherNumber + `"}]}`,
	} {
		if _, err := fhir.ReadBundle([]byte(text), owner(t), 2); !errors.Is(err, fhir.ErrForeignSubject) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutcome(t *testing.T) {
	for text, want := range map[string]bool{
		`{"issue":[{"severity":"information","expression":"x"}]}`:       true,
		`{"issue":{"severity":["information"]}}`:                        true,
		`{"issue":[{"severity":"information"},{"severity":"warning"}]}`: true,
		`{"issue":[{"severity":"information"},{"severity":"error"}]}`:   false,
		`{"issue":[{}]}`: false, `{"issue":"x"}`: false, `{}`: false,
	} {
		if got := fhir.ReadOutcome(parsed(t, text)).IsRemark(); got != want {
			t.Errorf("%s is a remark: %v", text, got)
		}
	}
}
