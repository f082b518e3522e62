package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// FuzzParse: whatever bytes a source sends, nothing panics, a document is read
// exactly when encoding/json takes it for JSON, and it says the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Task","id":"1"}}]}`,
		`{"a":[1,-2.5e3,true,false,null,"x"],"b":{"c":[]}}`, `{"a":1,"a":2}`, `"\ud800"`, `[[[["\"\\"]]]]`,
		`{"system":"nhs-number","value":"9990000026"}`, `{"reference":"Patient/9990000026/_history/`, "\ufeff{}", "[1,", `{"a"`, " ", "\"\xff\"",
	} {
		f.Add([]byte(seed))
	}
	owner, err := citizen.ParseNHSNumber("9990000018")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		readAll(d.Root(), 0)
		foreign := d.CheckOwner(owner)
		if _, bundled := ReadBundle(text, owner, 10); errors.Is(bundled, ErrForeignSubject) != (foreign != nil) {
			t.Fatalf("the bundle is %v, its owner %v", bundled, foreign)
		}
		bare := bytes.TrimPrefix(text, []byte("\ufeff"))
		if valid := json.Valid(bare); valid != (err == nil) {
			t.Fatalf("valid %v, read with %v", valid, err)
		}
		if err == nil {
			compare(t, bare, d.Root())
		}
	})
}

// TestParseAgreesWithJSON draws documents with names and texts that could be
// misread.
func TestParseAgreesWithJSON(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"resourceType", "value", "system", `\"}]`, `a\`, "{[,:", "Task", "\u2028", ""}))
	var draw func(t *rapid.T, depth int) any
	draw = func(t *rapid.T, depth int) any {
		switch rapid.IntRange(0, 3+2*min(depth, 1)).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Float64Range(-1e9, 1e9).Draw(t, "number")
		case 4:
			list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
			for i := range list {
				list[i] = draw(t, depth-1)
			}
			return list
		case 5:
			members := map[string]any{}
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				members[texts.Draw(t, "name")] = draw(t, depth-1)
			}
			return members
		}
		return texts.Draw(t, "text")
	}
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.MarshalIndent(draw(t, 4), "", rapid.SampledFrom([]string{"", " ", "\t\n\r"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		compare(t, text, d.Root())
	})
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// compare fails unless encoding/json reads the same values from the text.
func compare(t fataler, text []byte, root Value) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var want any
	if err := decoder.Decode(&want); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if diff := cmp.Diff(want, plain(root)); diff != "" {
		t.Fatalf("%s", diff)
	}
	if !bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(root.Raw())) {
		t.Fatalf("the root is %s", root.Raw())
	}
}

// plain is a value as encoding/json decodes it.
func plain(v Value) any {
	switch v.kind() {
	case '{':
		members := map[string]any{}
		for m := range v.children() {
			members[string(m.name())] = plain(m)
		}
		return members
	case '[':
		list := []any{}
		for e := range v.children() {
			list = append(list, plain(e))
		}
		return list
	case '"':
		return string(v.scalar())
	case '0':
		return json.Number(v.scalar())
	case 't', 'f':
		return v.kind() == 't'
	}
	return nil
}

// readAll reads every object in every way that there is.
func readAll(v Value, depth int) {
	var r Reader
	for _, name := range []string{"", "resourceType", "reference", "identifier", "value", "coding", "x"} {
		r.Text(v, name)
		r.Int(v, name)
		r.References(v, name)
		r.Identifiers(v, name)
		r.Concepts(v, name)
		r.Contained(r.Objects(v, name), r.Reference(v, name))
		r.Coding(v, name)
		r.Concept(v, name)
		r.Period(v, name)
	}
	r.Meta(v)
	r.Extensions(v)
	KindOf(v)
	ReadOutcome(v)
	if depth > 5 {
		return
	}
	for child := range v.children() {
		readAll(child, depth+1)
	}
}
