package fhir

import (
	"net/url"
	"strings"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// LocalID reduces a reference, a fullUrl or an id to what two of them share when
// they mean the same resource: "ServiceRequest/1", "https://x/ServiceRequest/1",
// "{base}/ServiceRequest/1/_history/2", "urn:uuid:1", "r.1" and "1" are all "1".
// Sources have sent all these forms. It is empty when there is nothing to compare,
// and for a reference to a contained resource, which means nothing outside that resource.
func LocalID(reference string) string {
	_, id := SplitReference(reference)
	return id
}

// ReferredID is LocalID of a reference to a resource of that type. It is empty
// where the reference names another type.
func ReferredID(reference, resourceType string) string {
	kind, id := SplitReference(reference)
	if kind != strings.ToLower(resourceType) && isWord(kind) {
		return ""
	}
	return id
}

// isWord reports whether a part of a path can be the name of a resource type;
// hosts and placeholders have other characters too.
func isWord(s string) bool {
	for _, c := range s {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

// ExactID is LocalID without the changes that could make two ids equal which FHIR
// takes for different: its case and the prefix "r." are kept.
func ExactID(reference string) string {
	reference = strings.TrimSpace(reference)
	if end := strings.IndexAny(reference, "?#|"); end >= 0 {
		reference = reference[:end]
	}
	if before, _, versioned := strings.Cut(reference, "/_history"); versioned {
		reference = before
	}
	const uuid = "urn:uuid:"
	if len(reference) >= len(uuid) && strings.EqualFold(reference[:len(uuid)], uuid) {
		reference = reference[len(uuid):]
	}
	reference = strings.TrimRight(reference, "/")
	return reference[strings.LastIndexByte(reference, '/')+1:]
}

// SplitReference is LocalID and the type of resource in front of it, in lower
// case; empty when there is none.
func SplitReference(reference string) (resourceType, id string) {
	reference = strings.ToLower(strings.TrimSpace(reference))
	if end := strings.IndexAny(reference, "?#|"); end >= 0 {
		reference = reference[:end]
	}
	if before, _, versioned := strings.Cut(reference, "/_history"); versioned {
		reference = before
	}
	reference = strings.TrimPrefix(reference, "urn:uuid:")
	reference = strings.TrimRight(reference, "/")
	if i := strings.LastIndexByte(reference, '/'); i >= 0 {
		before := reference[:i]
		resourceType, reference = before[strings.LastIndexByte(before, '/')+1:], reference[i+1:]
	}
	return resourceType, strings.TrimPrefix(reference, "r.")
}

// IsID reports whether a text can be a FHIR id (R4, 2.24.0.1). A text that is not
// one must not be put into a URL or a log.
func IsID(s string) bool {
	const longest = 64
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return s != "" && s != "." && s != ".." && len(s) <= longest
}

// Contained is the resource that a reference such as "#role" means, among those
// that the resource contains (R4, 2.3.0.6); absent where the reference is of
// another form or nothing of that id is contained.
func (r *Reader) Contained(contained []Value, reference *r4.Reference) Value {
	if reference == nil {
		return Value{}
	}
	id, local := strings.CutPrefix(strings.TrimSpace(Deref(reference.Reference)), "#")
	if !local || id == "" {
		return Value{}
	}
	for _, v := range contained {
		if own := v.member("id").single(); string(own.scalar()) == id {
			return v
		}
	}
	return Value{}
}

// IdentifierName is the name by which an [Index] knows a business identifier, or
// empty where it has no system or no value and so can name nothing.
func IdentifierName(i r4.Identifier) string {
	system, value := strings.TrimSpace(Deref(i.System)), strings.TrimSpace(Deref(i.Value))
	if system == "" || value == "" {
		return ""
	}
	return system + "|" + value
}

// Index finds the things of one answer by what refers to them: an id, a fullUrl
// or a business identifier. A name that two things claim alike finds neither.
type Index[T comparable] struct {
	resourceType string
	names        map[string]claim[T]
}

type claim[T comparable] struct {
	thing T // the zero T where two have the same claim to the name
	rank  int
}

// NewIndex makes an index of things of one type of resource.
func NewIndex[T comparable](resourceType string, size int) *Index[T] {
	return &Index[T]{resourceType: resourceType, names: make(map[string]claim[T], size)}
}

// exactly marks the names that are ids as they were written.
const exactly = "\x00"

// AddID names a thing by its id as it was written, which is surer than any other name.
func (x *Index[T]) AddID(thing T, id string) {
	if id = ExactID(id); id != "" {
		x.Add(thing, exactly+id)
	}
}

// Add names a thing, by the surest name first. A name is a [LocalID] or an
// [IdentifierName]; empty ones are skipped. What one thing is called by a surer
// name, another is not called by a less sure one.
func (x *Index[T]) Add(thing T, names ...string) {
	for rank, name := range names {
		known, taken := x.names[name]
		switch {
		case name == "" || (taken && known.rank < rank):
		case !taken || known.rank > rank:
			x.names[name] = claim[T]{thing, rank}
		case known.thing != thing:
			var neither T
			x.names[name] = claim[T]{neither, rank}
		}
	}
}

// Find is the thing that a reference means, by what it says literally (R4,
// 2.3.0.2), by a search (2.3.0.3) or by its identifier (2.3.0.5), in this order;
// the zero T where it means none of them.
func (x *Index[T]) Find(r *r4.Reference) T {
	var none T
	if r == nil {
		return none
	}
	literal := Deref(r.Reference)
	if id := ReferredID(literal, x.resourceType); id != "" {
		if exact, known := x.names[exactly+ExactID(literal)]; known {
			return exact.thing // none where two are called so
		}
		if found := x.names[id].thing; found != none {
			return found
		}
	}
	if found := x.names[x.searched(literal)].thing; found != none {
		return found
	}
	if r.Identifier == nil || !x.mayBe(Deref(r.Type)) {
		return none
	}
	return x.names[IdentifierName(*r.Identifier)].thing
}

// First is the thing that the first reference means which means any.
func (x *Index[T]) First(references []r4.Reference) T {
	var none T
	for i := range references {
		if found := x.Find(&references[i]); found != none {
			return found
		}
	}
	return none
}

// searched is the identifier that a reference such as
// "ServiceRequest?identifier=system|value" looks for.
func (x *Index[T]) searched(reference string) string {
	before, query, found := strings.Cut(reference, "?")
	if !found {
		return ""
	}
	if kind := before[strings.LastIndexByte(before, '/')+1:]; !strings.EqualFold(strings.TrimSpace(kind), x.resourceType) {
		return ""
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return values.Get("identifier")
}

// mayBe reports whether a reference of that type can mean a thing of the index. A
// reference need not have a type.
func (x *Index[T]) mayBe(referenceType string) bool {
	return referenceType == "" || strings.EqualFold(referenceType[strings.LastIndexByte(referenceType, '/')+1:], x.resourceType)
}
