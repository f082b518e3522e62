package fhir

import (
	"bytes"
	"iter"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is one value of a document. The zero Value is absent, and nothing can be
// read from it.
type Value struct {
	document *Document
	at       int32
}

// Exists reports whether there is a value and it is not null, which FHIR does not
// have (R4, 2.1.10.1.1.2) and which is read as absent.
func (v Value) Exists() bool { return v.kind() != 0 && v.kind() != 'n' }

func (v Value) node() *node {
	if v.document == nil {
		return nil
	}
	return &v.document.nodes[v.at]
}

func (v Value) kind() jsontext.Kind {
	n := v.node()
	if n == nil {
		return 0
	}
	return n.kind
}

func (v Value) isObject() bool { return v.kind() == '{' }
func (v Value) isList() bool   { return v.kind() == '[' }

// Raw is the value's JSON as it was sent.
func (v Value) Raw() []byte {
	n := v.node()
	if n == nil {
		return nil
	}
	return v.document.text[n.value.start:n.value.end]
}

// children are an object's members or a list's elements.
func (v Value) children() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		n := v.node()
		if n == nil {
			return
		}
		for at := n.first; at != 0; at = v.document.nodes[at].next {
			if !yield(Value{v.document, at}) {
				return
			}
		}
	}
}

// name is the name of an object's member; empty for other values.
func (v Value) name() []byte {
	n := v.node()
	return unquoted(v.document.text[n.name.start:n.name.end])
}

// scalar is what a text, number or literal says: a text without its quotes and
// escapes, others as they were sent. It is nil for objects and lists.
func (v Value) scalar() []byte {
	switch v.kind() {
	case 0, '{', '[':
		return nil
	case '"':
		return unquoted(v.Raw())
	}
	return v.Raw()
}

// unquoted is a JSON text without its quotes and escapes.
func unquoted(quoted []byte) []byte {
	if len(quoted) < 2 {
		return nil
	}
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	// The error names characters that are not UTF-8, which are replaced.
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return text
}

// member is an object's member: by its exact name, otherwise in any case, as
// encoding/json has it. The last one counts.
func (v Value) member(name string) Value {
	var exact, folded Value
	if !v.isObject() {
		return Value{}
	}
	for m := range v.children() {
		switch found := m.name(); {
		case string(found) == name:
			exact = m
		case len(found) >= len(name) && bytes.EqualFold(found, []byte(name)):
			folded = m
		}
	}
	if exact.document != nil {
		return exact
	}
	return folded
}

// single unwraps lists of one element. A list of none or of several is returned
// unchanged.
func (v Value) single() Value {
	for v.isList() {
		first := v.document.nodes[v.at].first
		if first == 0 || v.document.nodes[first].next != 0 {
			return v
		}
		v = Value{v.document, first}
	}
	return v
}

// elements are the elements of a list and of the lists in it, in their order.
// Any other value is its own only element.
func (v Value) elements() iter.Seq[Value] {
	return func(yield func(Value) bool) { v.each(yield) }
}

func (v Value) each(yield func(Value) bool) bool {
	if !v.isList() {
		return v.document == nil || yield(v)
	}
	for e := range v.children() {
		if !e.each(yield) {
			return false
		}
	}
	return true
}

// KindOf is a resource's resourceType; empty where it has none.
func KindOf(resource Value) string {
	kind := resource.member("resourceType")
	if kind.kind() != '"' {
		return ""
	}
	return string(kind.scalar())
}
