package fhir

import (
	"strings"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// Owner is the citizen whose answer is read, and which Patient resources of the answer
// are about them.
type Owner struct {
	number   citizen.NHSNumber
	patients *Index[*patient]
}

type patient struct{ owner bool }

// NewOwner finds the owner's Patient resources among the entries of an answer that
// CheckOwner has passed.
func NewOwner(number citizen.NHSNumber, entries []Entry) Owner {
	o := Owner{number: number, patients: NewIndex[*patient](kindPatient, 1)}
	for _, e := range entries {
		if e.Kind != kindPatient {
			continue
		}
		var r Reader
		id, p := Deref(r.Text(e.Resource, "id")), &patient{owner: o.is(e.Resource)}
		o.patients.AddID(p, id)
		o.patients.Add(p, LocalID(id), LocalID(e.FullURL))
	}
	return o
}

const kindPatient = "Patient"

// is reports whether a Patient resource has the owner's NHS number.
func (o Owner) is(resource Value) bool {
	var r Reader
	for _, i := range r.Identifiers(resource, "identifier") {
		if isNumberSystem([]byte(Deref(i.System))) && digits(Deref(i.Value)) == o.number.Reveal() {
			return true
		}
	}
	return false
}

// Means reports whether a reference to a patient within a resource means the owner (R4,
// 2.3.0): by identifier, by a search for it, by the patient's id where that is the NHS
// number, or by naming a Patient of the answer, or one that the resource contains, who
// has it. A
// reference that means another NHS number without saying that it is one, which
// CheckOwner passes, is ErrForeignSubject. A reference that identifies no patient is
// neither the owner's nor an error.
func (o Owner) Means(within Value, r *r4.Reference) (bool, error) {
	if r == nil {
		return false, nil
	}
	means := false
	if i := r.Identifier; i != nil {
		number, system := digits(Deref(i.Value)), Deref(i.System)
		switch {
		case system != "" && !isNumberSystem([]byte(system)):
		case number == o.number.Reveal():
			means = true
		case isNumber(number):
			return false, ErrForeignSubject
		}
	}
	if number := ReferredID(Deref(r.Reference), kindPatient); isNumber(number) {
		if number != o.number.Reveal() {
			return false, ErrForeignSubject
		}
		means = true
	}
	return means || o.names(within, r), nil
}

// names reports whether a reference names one of the owner's Patient resources.
func (o Owner) names(within Value, r *r4.Reference) bool {
	if strings.HasPrefix(strings.TrimSpace(Deref(r.Reference)), "#") {
		var reader Reader
		contained := reader.Contained(reader.Objects(within, "contained"), r)
		return KindOf(contained) == kindPatient && o.is(contained)
	}
	system, value, _ := strings.Cut(o.patients.searched(Deref(r.Reference)), "|")
	found := o.patients.Find(r)
	return found != nil && found.owner || isNumberSystem([]byte(system)) && digits(value) == o.number.Reveal()
}
