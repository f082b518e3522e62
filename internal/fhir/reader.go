package fhir

import (
	"strconv"
	"strings"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// Reader reads the parts of one resource in the form that FHIR defines, and
// converts the forms that sources have sent instead: a number where a text
// belongs, a list of one where one belongs, one where a list belongs, a list in a
// list. The zero Reader is ready to use.
type Reader struct {
	// Lost counts the parts that are there and have no readable form. A part that
	// is not read may have any form.
	Lost int
}

// Text is a member that is a text; nil where it is absent or lost.
func (r *Reader) Text(object Value, name string) *string {
	v := object.member(name).single()
	if !v.Exists() {
		return nil
	}
	if k := v.kind(); k != '"' && k != '0' {
		r.Lost++
		return nil
	}
	text := string(v.scalar())
	return &text
}

// Int is a member that is a whole number; nil where it is absent or lost.
func (r *Reader) Int(object Value, name string) *int {
	v := object.member(name).single()
	if !v.Exists() {
		return nil
	}
	if k := v.kind(); k == '"' || k == '0' {
		if n, err := strconv.Atoi(strings.TrimSpace(string(v.scalar()))); err == nil {
			return &n
		}
	}
	r.Lost++
	return nil
}

// Bool is a member that is true or false, also as a text; nil where it is absent or
// lost.
func (r *Reader) Bool(object Value, name string) *bool {
	v := object.member(name).single()
	if !v.Exists() {
		return nil
	}
	switch string(v.scalar()) {
	case "true":
		return ptr(true)
	case "false":
		return ptr(false)
	}
	r.Lost++
	return nil
}

func ptr[T any](v T) *T { return &v }

// Object is a member that is an object; absent where it is absent or lost.
func (r *Reader) Object(object Value, name string) Value {
	v := object.member(name).single()
	switch {
	case !v.Exists():
		return Value{}
	case !v.isObject():
		r.Lost++
		return Value{}
	}
	return v
}

// Objects is a member that is a list of objects, without the elements that are
// lost.
func (r *Reader) Objects(object Value, name string) []Value {
	var list []Value
	for v := range object.member(name).elements() {
		switch {
		case !v.Exists():
		case v.isObject():
			list = append(list, v)
		default:
			r.Lost++
		}
	}
	return list
}

// Has reports whether a member is there in any form but null.
func Has(object Value, name string) bool { return object.member(name).Exists() }

// Reference is a member of that type; nil where it is absent or lost.
func (r *Reader) Reference(object Value, name string) *r4.Reference {
	v := r.Object(object, name)
	if !v.Exists() {
		return nil
	}
	reference := r.referenceAt(v)
	return &reference
}

// References is a member that is a list of that type.
func (r *Reader) References(object Value, name string) []r4.Reference {
	return listOf(r.Objects(object, name), r.referenceAt)
}

func (r *Reader) referenceAt(v Value) r4.Reference {
	reference := r4.Reference{Reference: r.Text(v, "reference"), Type: r.Text(v, "type"), Display: r.Text(v, "display")}
	if i := r.Object(v, "identifier"); i.Exists() {
		identifier := r.identifierAt(i)
		reference.Identifier = &identifier
	}
	return reference
}

// Identifiers is a member that is a list of that type.
func (r *Reader) Identifiers(object Value, name string) []r4.Identifier {
	return listOf(r.Objects(object, name), r.identifierAt)
}

func (r *Reader) identifierAt(v Value) r4.Identifier {
	i := r4.Identifier{System: r.Text(v, "system"), Value: r.Text(v, "value")}
	if use := v.member("use"); string(use.scalar()) == r4.IdentifierUseOld.Code() { // no other use is asked about
		old := r4.IdentifierUseOld
		i.Use = &old
	}
	return i
}

// Coding is a member of that type; nil where it is absent or lost.
func (r *Reader) Coding(object Value, name string) *r4.Coding {
	v := r.Object(object, name)
	if !v.Exists() {
		return nil
	}
	coding := r.codingAt(v)
	return &coding
}

func (r *Reader) codingAt(v Value) r4.Coding {
	return r4.Coding{System: r.Text(v, "system"), Code: r.Text(v, "code"), Display: r.Text(v, "display")}
}

// Concept is a member of the type CodeableConcept; nil where it is absent or lost.
func (r *Reader) Concept(object Value, name string) *r4.CodeableConcept {
	v := r.Object(object, name)
	if !v.Exists() {
		return nil
	}
	concept := r.conceptAt(v)
	return &concept
}

// Concepts is a member that is a list of the type CodeableConcept.
func (r *Reader) Concepts(object Value, name string) []r4.CodeableConcept {
	return listOf(r.Objects(object, name), r.conceptAt)
}

func (r *Reader) conceptAt(v Value) r4.CodeableConcept {
	return r4.CodeableConcept{Coding: listOf(r.Objects(v, "coding"), r.codingAt), Text: r.Text(v, "text")}
}

// Period is a member of that type; nil where it is absent or lost.
func (r *Reader) Period(object Value, name string) *r4.Period {
	v := r.Object(object, name)
	if !v.Exists() {
		return nil
	}
	return &r4.Period{Start: r.Text(v, "start"), End: r.Text(v, "end")}
}

// Meta is a resource's member of that type, of which the version is read.
func (r *Reader) Meta(resource Value) *r4.Meta {
	v := r.Object(resource, "meta")
	if !v.Exists() {
		return nil
	}
	return &r4.Meta{VersionId: r.Text(v, "versionId"), LastUpdated: r.Text(v, "lastUpdated")}
}

// Extension is one extension. Its value is a member of At, such as valueCode.
type Extension struct {
	URL string
	At  Value
}

// Extensions are those of an object, in their order.
func (r *Reader) Extensions(object Value) []Extension {
	return listOf(r.Objects(object, "extension"), func(v Value) Extension {
		return Extension{URL: Deref(r.Text(v, "url")), At: v}
	})
}

// FindExtension is the first extension of that URL; absent where there is none.
func FindExtension(list []Extension, url string) Value {
	for i := range list {
		if list[i].URL == url {
			return list[i].At
		}
	}
	return Value{}
}

func listOf[T any](values []Value, read func(Value) T) []T {
	if len(values) == 0 {
		return nil
	}
	list := make([]T, len(values))
	for i, v := range values {
		list[i] = read(v)
	}
	return list
}

// Deref is a text that may be absent; empty then.
func Deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// SameSystem reports whether two addresses of a system mean the same one. FHIR
// compares them letter by letter (R4, 2.24.0.1.2); sources have written them in another
// case, with a slash at the end or with blanks around.
func SameSystem(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(strings.TrimSpace(a), "/"), b)
}

// IdentifierIn is the value of a reference's identifier, when it is of that system.
func IdentifierIn(r *r4.Reference, system string) string {
	if r == nil || r.Identifier == nil || !SameSystem(Deref(r.Identifier.System), system) {
		return ""
	}
	return Deref(r.Identifier.Value)
}

// CodingOf is the coding of that system, or the first one where none is of that
// system; nil when there is none at all.
func CodingOf(c *r4.CodeableConcept, system string) *r4.Coding {
	if c == nil || len(c.Coding) == 0 {
		return nil
	}
	for i := range c.Coding {
		if Deref(c.Coding[i].System) == system {
			return &c.Coding[i]
		}
	}
	return &c.Coding[0]
}
