package patientcare

import (
	"bytes"
	"errors"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// errForeignSubject says that an answer holds another person's data.
var errForeignSubject = errors.New("the answer holds another person's data")

func foreignSubject() error {
	return &aggregate.Failure{
		Issue: aggregate.BusinessRule, Problem: problem.UpstreamUnavailable, NotStale: true, Cause: errForeignSubject,
	}
}

// isNumberSystem takes the system of NHS numbers in each form that means it:
// FHIR's, with whatever before the name, or HL7 version 3's.
func isNumberSystem(system []byte) bool {
	const name, oid = "nhs-number", "urn:oid:2.16.840.1.113883.2.1.4.1"
	system = bytes.TrimRight(bytes.TrimSpace(system), "/")
	if len(system) < len(name) {
		return false
	}
	before, last := system[:len(system)-len(name)], system[len(system)-len(name):]
	if bytes.EqualFold(last, []byte(name)) {
		return len(before) == 0 || before[len(before)-1] == '/'
	}
	return bytes.EqualFold(system, []byte(oid))
}

// digits writes an NHS number as it is compared: people group it 3-3-4.
func digits(number string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(number)
}

// whose tells whether a reference to a patient means the owner (FHIR R4, 2.3.0:
// by identifier, or by the patient's id where that is the NHS number). One that
// means another NHS number without saying what it is, which holdsForeign passes,
// is the error of a foreign subject; one that means nobody in particular is neither.
func whose(r *fhir.Reference, owner citizen.NHSNumber) (owners bool, err error) {
	if r == nil {
		return false, nil
	}
	if i := r.Identifier; i != nil {
		number, system := digits(text(i.Value)), text(i.System)
		switch {
		case system != "" && !isNumberSystem([]byte(system)):
		case number == owner.Reveal():
			owners = true
		case isNumber(number):
			return false, foreignSubject()
		}
	}
	if number := referredID(text(r.Reference), "patient"); isNumber(number) {
		if number != owner.Reveal() {
			return false, foreignSubject()
		}
		owners = true
	}
	return owners, nil
}

func isNumber(text string) bool {
	_, err := citizen.ParseNHSNumber(text)
	return err == nil
}

// holdsForeign tells whether a valid answer names an NHS number but the owner's
// anywhere: in a resource that is read, that cannot be read or that nobody asked
// for, contained in another, or in a link.
func holdsForeign(answer []byte, owner citizen.NHSNumber) bool {
	w := walker{cursor: cursor{text: answer}, owner: owner.Reveal()}
	w.value()
	return w.foreign
}

type walker struct {
	cursor

	owner   string
	foreign bool
}

// value passes a value and looks into it; it gives a scalar back, nil for others.
func (w *walker) value() []byte {
	switch w.peek() {
	case '{':
		w.at++
		w.object()
		return nil
	case '[':
		w.at++
		for w.peek() != ']' {
			w.query(w.value())
		}
		w.at++
		return nil
	}
	return w.scalar()
}

func (w *walker) object() {
	numbered, patient := false, false
	var id []byte
	values := make([][]byte, 0, 2) // a member can stand twice
	for w.peek() != '}' {
		name := plain(w.scalar())
		value := w.value()
		if value == nil || string(value) == "null" {
			continue
		}
		w.query(value)
		switch {
		case bytes.EqualFold(name, []byte("value")):
			values = append(values, value)
		case bytes.EqualFold(name, []byte("system")):
			numbered = numbered || isNumberSystem(plain(value))
		case bytes.EqualFold(name, []byte("id")):
			id = plain(value)
		case bytes.EqualFold(name, []byte("resourceType")):
			patient = string(plain(value)) == "Patient"
		case bytes.EqualFold(name, []byte("reference")) && bytes.Contains(value, []byte("atient")):
			w.number(referredID(string(plain(value)), "patient"), false)
		}
	}
	w.at++
	if numbered {
		for _, v := range values {
			w.number(string(plain(v)), true)
		}
	}
	if patient {
		w.number(string(id), false)
	}
}

// query looks for the number in a search, such as the self link's or a
// conditional reference's (FHIR R4, 2.3.0.1).
func (w *walker) query(scalar []byte) {
	const name = "nhs-number"
	for {
		_, rest, found := bytes.Cut(scalar, []byte(name))
		if !found {
			return
		}
		scalar = rest
		for _, bar := range []string{"|", "%7C", "%7c"} {
			if number, ok := bytes.CutPrefix(rest, []byte(bar)); ok {
				end := bytes.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
				w.number(string(number[:max(end, 0)]), true)
			}
		}
	}
}

// number compares a number with the owner's. One that says to be an NHS number
// is foreign whatever it is, another only if it can be one.
func (w *walker) number(number string, named bool) {
	if number == w.owner {
		return
	}
	number = digits(number)
	if number != "" && number != w.owner && (named || isNumber(number)) {
		w.foreign = true
	}
}
