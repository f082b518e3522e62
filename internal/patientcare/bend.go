package patientcare

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// read decodes a document into a pointer to a zero value. One that has not
// quite the form of its type is bent into it: a number where a text belongs, a
// list where one belongs, one where a list belongs, a list in a list. What fits
// nowhere is left out, and lost counts it. ok is false when nothing could be read.
func read[T any](document []byte, into *T) (lost int, ok bool) {
	if json.Unmarshal(document, into) == nil {
		return 0, true
	}
	if !json.Valid(document) {
		return 0, false
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var raw any
	if d.Decode(&raw) != nil {
		return 0, false
	}
	b := bender{}
	bent, fits := b.fit(raw, reflect.TypeFor[T]())
	if !fits {
		return 0, false
	}
	straight, err := json.Marshal(bent)
	if err != nil {
		return 0, false
	}
	*into = *new(T) // the first try may have left parts
	return b.lost, json.Unmarshal(straight, into) == nil
}

// bender counts what it had to leave out.
type bender struct{ lost int }

// fit gives v in the form that t is decoded from; false when it has no such form.
func (b *bender) fit(v any, t reflect.Type) (any, bool) {
	if v == nil {
		return nil, true
	}
	if t.Kind() == reflect.Pointer {
		return b.fit(v, t.Elem())
	}
	if decodesItself(t) {
		return v, fitsItself(v, t)
	}
	if t.Kind() == reflect.Slice {
		return b.fitList(v, t.Elem())
	}
	if list, ok := v.([]any); ok {
		if len(list) != 1 {
			return nil, false
		}
		return b.fit(list[0], t)
	}
	if t.Kind() == reflect.Struct {
		return b.fitStruct(v, t)
	}
	switch given := v.(type) {
	case json.Number:
		if t.Kind() == reflect.String {
			return given.String(), true
		}
	case string:
		if t.Kind() == reflect.Int {
			v = json.Number(strings.TrimSpace(given))
		}
	}
	return v, fitsItself(v, t)
}

// fitsItself tells whether t is decoded from v as it stands.
func fitsItself(v any, t reflect.Type) bool {
	text, err := json.Marshal(v)
	return err == nil && json.Unmarshal(text, reflect.New(t).Interface()) == nil
}

// fitList keeps the places of elements that do not fit, so that they are counted.
func (b *bender) fitList(v any, element reflect.Type) (any, bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	fitted := make([]any, 0, len(list))
	for _, each := range list {
		if inner, nested := each.([]any); nested && element.Kind() != reflect.Slice {
			flat, _ := b.fitList(inner, element)
			fitted = append(fitted, flat.([]any)...) //nolint:errcheck // fitList gives a list
			continue
		}
		one, fits := b.fit(each, element)
		if !fits {
			b.lost++
			one = nil
		}
		fitted = append(fitted, one)
	}
	return fitted, true
}

func (b *bender) fitStruct(v any, t reflect.Type) (any, bool) {
	members, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	fitted := make(map[string]any, len(members))
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		member, there := memberOf(members, name)
		if !there {
			continue
		}
		one, fits := b.fit(member, f.Type)
		switch {
		case fits:
			fitted[name] = one
		case decodesItself(f.Type):
			// An enum of the library. None of them is read: nothing is lost.
		default:
			b.lost++
		}
	}
	return fitted, true
}

// memberOf finds a member by its exact name, else as encoding/json does in any case.
func memberOf(members map[string]any, name string) (any, bool) {
	if v, ok := members[name]; ok {
		return v, true
	}
	for _, given := range slices.Sorted(maps.Keys(members)) {
		if strings.EqualFold(given, name) {
			return members[given], true
		}
	}
	return nil, false
}

func decodesItself(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}
