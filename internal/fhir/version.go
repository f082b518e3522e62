package fhir

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// Versioned is a resource that can occur in an answer twice.
type Versioned interface {
	Name() string // empty: it is like no other
	Version() *r4.Meta
	Content() any // what is compared where name and version are equal
}

// Latest keeps the newest of those with the same name, whatever their order.
func Latest[T Versioned](list []T) []T {
	at := make(map[string]int, len(list))
	kept := make([]T, 0, len(list))
	for _, resource := range list {
		name := resource.Name()
		i, known := at[name]
		switch {
		case name == "" || !known:
			at[name] = len(kept)
			kept = append(kept, resource)
		case cmp.Or(compareVersions(kept[i].Version(), resource.Version()), CompareContent(kept[i].Content(), resource.Content())) < 0:
			kept[i] = resource
		}
	}
	return kept
}

// compareVersions puts the newer one last.
func compareVersions(a, b *r4.Meta) int {
	return cmp.Or(compareNumbers(VersionOf(a), VersionOf(b)), CompareUpdated(a, b))
}

// compareNumbers puts texts before numbers, which all versions of e-RS are.
func compareNumbers(a, b string) int {
	isText := func(s string) bool { return s == "" || strings.Trim(s, "0123456789") != "" }
	switch {
	case isText(a) && isText(b):
		return cmp.Compare(a, b)
	case isText(a):
		return -1
	case isText(b):
		return 1
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// CompareUpdated puts the one that was changed later last. It compares the texts:
// a source writes all of one answer in one form.
func CompareUpdated(a, b *r4.Meta) int { return cmp.Compare(updatedOf(a), updatedOf(b)) }

// CompareContent orders two resources that differ in nothing else. The order has no
// meaning; it makes the choice the same whichever came first. Only exported fields
// count, so everything that is read of a resource is in one.
func CompareContent(a, b any) int {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if errX != nil || errY != nil {
		return 0
	}
	return bytes.Compare(x, y)
}

// VersionOf is the version of a resource; empty where it is not known.
func VersionOf(m *r4.Meta) string {
	if m == nil {
		return ""
	}
	return Deref(m.VersionId)
}

func updatedOf(m *r4.Meta) string {
	if m == nil {
		return ""
	}
	return Deref(m.LastUpdated)
}
