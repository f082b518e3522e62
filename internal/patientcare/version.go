package patientcare

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// versioned is a resource that can stand in an answer twice.
type versioned interface {
	name() string // empty: it is like no other
	meta() *fhir.Meta
	content() any
}

func (r *foundReferral) name() string     { return r.key }
func (r *foundReferral) meta() *fhir.Meta { return r.Meta }
func (r *foundReferral) content() any     { return r.serviceRequest }

func (a *appointment) name() string     { return localID(text(a.ID)) }
func (a *appointment) meta() *fhir.Meta { return a.Meta }
func (a *appointment) content() any     { return a }

func (t *task) name() string     { return localID(text(t.ID)) }
func (t *task) meta() *fhir.Meta { return t.Meta }
func (t *task) content() any     { return t }

// latest keeps the newest of those with the same name, whatever their order.
func latest[T versioned](list []T) []T {
	at := make(map[string]int, len(list))
	kept := make([]T, 0, len(list))
	for _, each := range list {
		name := each.name()
		i, twice := at[name]
		switch {
		case name == "" || !twice:
			at[name] = len(kept)
			kept = append(kept, each)
		case cmp.Or(compareVersions(kept[i].meta(), each.meta()), compareContent(kept[i].content(), each.content())) < 0:
			kept[i] = each
		}
	}
	return kept
}

// compareVersions puts the newer one last.
func compareVersions(a, b *fhir.Meta) int {
	return cmp.Or(compareNumbers(versionOf(a), versionOf(b)), compareUpdated(a, b))
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

// compareUpdated compares the texts: e-RS writes all of one answer in one form.
func compareUpdated(a, b *fhir.Meta) int { return cmp.Compare(updatedOf(a), updatedOf(b)) }

// compareContent tells apart what nothing else does, in an order without meaning,
// so that the choice is the same whichever came first.
func compareContent(a, b any) int {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if errX != nil || errY != nil {
		return 0
	}
	return bytes.Compare(x, y)
}

func versionOf(m *fhir.Meta) string {
	if m == nil {
		return ""
	}
	return text(m.VersionId)
}

func updatedOf(m *fhir.Meta) string {
	if m == nil {
		return ""
	}
	return text(m.LastUpdated)
}
