package fhir_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/fhir"
)

func TestTextInEveryForm(t *testing.T) {
	for _, c := range []struct {
		value string
		want  string // "-": absent
		lost  int
	}{
		{`"a"`, "a", 0},
		{`""`, "", 0},
		{`"\u00e9\"\\"`, `é"\`, 0},
		{`"\ud800"`, "\ufffd", 0},
		{`7`, "7", 0},
		{`007.5`, "", -1},
		{`1e3`, "1e3", 0},
		{`["a"]`, "a", 0},
		{`[[7]]`, "7", 0},
		{`null`, "-", 0},
		{`[null]`, "-", 0},
		{`[]`, "-", 1},
		{`["a","b"]`, "-", 1},
		{`true`, "-", 1},
		{`{}`, "-", 1},
		{`{"value":"a"}`, "-", 1},
	} {
		d, err := fhir.Parse([]byte(`{"x":` + c.value + `}`))
		if (err != nil) != (c.lost < 0) {
			t.Errorf("%s: %v", c.value, err)
		}
		if err != nil {
			continue
		}
		var r fhir.Reader
		got := "-"
		if text := r.Text(d.Root(), "x"); text != nil {
			got = *text
		}
		if got != c.want || r.Lost != c.lost {
			t.Errorf("%s is %q with %d lost, want %q with %d", c.value, got, r.Lost, c.want, c.lost)
		}
	}
}

func TestIntInEveryForm(t *testing.T) {
	for value, want := range map[string]int{`3`: 3, `"3"`: 3, `" 3 "`: 3, `[3]`: 3, `-1`: -1} {
		var r fhir.Reader
		if got := r.Int(parsed(t, `{"x":`+value+`}`), "x"); got == nil || *got != want || r.Lost != 0 {
			t.Errorf("%s is %v with %d lost", value, got, r.Lost)
		}
	}
	for _, value := range []string{`3.5`, `1e3`, `"three"`, `{}`, `[1,2]`, `true`, `99999999999999999999`} {
		var r fhir.Reader
		if got := r.Int(parsed(t, `{"x":`+value+`}`), "x"); got != nil || r.Lost != 1 {
			t.Errorf("%s is %v with %d lost", value, got, r.Lost)
		}
	}
}

func TestObjectsInEveryForm(t *testing.T) {
	for _, c := range []struct {
		value      string
		want, lost int
	}{
		{`[{},{}]`, 2, 0},
		{`{}`, 1, 0},
		{`[[{}],[[{}]],{}]`, 3, 0},
		{`[null,{}]`, 1, 0},
		{`null`, 0, 0},
		{`[]`, 0, 0},
		{`[[]]`, 0, 0},
		{`"x"`, 0, 1},
		{`[{},"x",[7]]`, 1, 2},
	} {
		var r fhir.Reader
		if got := len(r.Objects(parsed(t, `{"x":`+c.value+`}`), "x")); got != c.want || r.Lost != c.lost {
			t.Errorf("%s has %d objects with %d lost, want %d with %d", c.value, got, r.Lost, c.want, c.lost)
		}
	}
}

func TestMembersByName(t *testing.T) {
	for text, want := range map[string]string{
		`{"x":"1"}`:                 "1",
		`{"X":"1"}`:                 "1",
		`{"x":"1","X":"2"}`:         "1",
		`{"x":"1","x":"2"}`:         "2",
		`{"\u0078":"1"}`:            "1",
		`{"y":{"x":"2"},"x":"1"}`:   "1",
		`{ "x" : "1" , "z" : [ ] }`: "1",
		"\ufeff" + `{"x":"1"}`:      "1",
	} {
		var r fhir.Reader
		if got := fhir.Deref(r.Text(parsed(t, text), "x")); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{`{}`, `{"xx":"1"}`, `{"":"1"}`, `[]`, `"x"`, `null`, `7`} {
		var r fhir.Reader
		if v := parsed(t, text); r.Text(v, "x") != nil || fhir.Has(v, "x") || r.Lost != 0 {
			t.Errorf("%s has an x, or lost one", text)
		}
	}
	var r fhir.Reader
	if r.Text(fhir.Value{}, "x") != nil || r.Objects(fhir.Value{}, "x") != nil || r.Meta(fhir.Value{}) != nil || r.Lost != 0 {
		t.Error("something is read from nothing")
	}
}

// A hospital portal's resources, with the extensions and references of the NHS's
// producer standard, which e-RS does not send.
func TestPartsThatAPortalSends(t *testing.T) {
	v := parsed(t, `{"resourceType":"Task","meta":{"versionId":2},
		"extension":[{"url":"a","valueCode":"Pending Change"},{"url":"b","valueCoding":{"code":101}},"odd"],
		"for":{"type":"Patient","identifier":{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"`+ownNumber+`"}},
		"basedOn":{"type":"CarePlan","identifier":[{"system":"https://fhir.nhs.uk/Id/PathwayId","value":"P1"}]},
		"reasonCode":{"coding":[[{"code":"pifu-triage"}]],"text":["PIFU"]},
		"restriction":{"period":{"end":"2031-02-01"}}}`)
	var r fhir.Reader
	extensions := r.Extensions(v)
	if got := fhir.Deref(r.Text(fhir.FindExtension(extensions, "a"), "valueCode")); got != "Pending Change" {
		t.Errorf("code %q", got)
	}
	if c := r.Coding(fhir.FindExtension(extensions, "b"), "valueCoding"); c == nil || fhir.Deref(c.Code) != "101" {
		t.Errorf("coding %v", c)
	}
	if fhir.FindExtension(extensions, "c").Exists() {
		t.Error("an extension that is not there is found")
	}
	if ok, err := fhir.NewOwner(owner(t), nil).Means(v, r.Reference(v, "for")); !ok || err != nil {
		t.Errorf("belongs %v, %v", ok, err)
	}
	pathways := r.References(v, "basedOn")
	if len(pathways) != 1 || fhir.IdentifierIn(&pathways[0], "https://fhir.nhs.uk/Id/PathwayId") != "P1" || fhir.Deref(pathways[0].Type) != "CarePlan" {
		t.Errorf("pathways %+v", pathways)
	}
	if c := r.Concepts(v, "reasonCode"); len(c) != 1 || fhir.Deref(fhir.CodingOf(&c[0], "").Code) != "pifu-triage" || fhir.Deref(c[0].Text) != "PIFU" {
		t.Errorf("reasons %+v", c)
	}
	if p := r.Period(r.Object(v, "restriction"), "period"); p == nil || fhir.Deref(p.End) != "2031-02-01" {
		t.Errorf("period %+v", p)
	}
	if got := fhir.VersionOf(r.Meta(v)); got != "2" {
		t.Errorf("version %q", got)
	}
	if r.Lost != 1 {
		t.Errorf("%d lost, want the odd extension only", r.Lost)
	}
}

func TestPartThatNobodyReadsMayHaveAnyForm(t *testing.T) {
	v := parsed(t, `{"subject":{"reference":"Patient/1","display":"x","id":{},"extension":7},"meta":{"profile":8,"versionId":"1"}}`)
	var r fhir.Reader
	reference := r.Reference(v, "subject")
	if diff := cmp.Diff("Patient/1", fhir.Deref(reference.Reference)); diff != "" || r.Meta(v) == nil || r.Lost != 0 {
		t.Errorf("%s, %d lost", diff, r.Lost)
	}
}
