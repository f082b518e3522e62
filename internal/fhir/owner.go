package fhir

import (
	"bytes"
	"errors"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// ErrForeignSubject says that an answer holds another person's data. The caller
// must refuse the whole answer, put no older one in its place, and raise the alarm.
var ErrForeignSubject = errors.New("the answer holds another person's data")

// SystemNHSNumber is the system of NHS numbers as the NHS writes it today.
const SystemNHSNumber = "https://fhir.nhs.uk/Id/nhs-number"

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

func isNumber(text string) bool {
	_, err := citizen.ParseNHSNumber(text)
	return err == nil
}

// CheckOwner returns ErrForeignSubject when the document names an NHS number
// other than the owner's anywhere: in a resource that is read, that cannot be
// read or that was not asked for, contained in another, or in a link. It does not
// depend on the document's shape, and must be asked before anything that does.
func (d *Document) CheckOwner(owner citizen.NHSNumber) error {
	c := ownerCheck{owner: owner.Reveal()}
	c.value(d.Root())
	if c.foreign {
		return ErrForeignSubject
	}
	return nil
}

type ownerCheck struct {
	owner   string
	foreign bool
}

func (c *ownerCheck) value(v Value) {
	switch v.kind() {
	case '{':
		c.object(v)
	case '[':
		for e := range v.children() {
			c.value(e)
		}
	case '"':
		c.query(v.scalar())
	}
}

func (c *ownerCheck) object(v Value) {
	numbered, patient := false, false
	for m := range v.children() {
		c.value(m)
		switch name := m.name(); len(name) {
		case len("system"):
			if bytes.EqualFold(name, []byte("system")) {
				for s := range m.elements() {
					numbered = numbered || isNumberSystem(s.scalar())
				}
			}
		case len("resourceType"):
			if bytes.EqualFold(name, []byte("resourceType")) {
				for kind := range m.elements() {
					patient = patient || bytes.EqualFold(kind.scalar(), []byte("Patient"))
				}
			}
		case len("reference"):
			if bytes.EqualFold(name, []byte("reference")) {
				for r := range m.elements() {
					c.reference(string(r.scalar()))
				}
			}
		}
	}
	if !numbered && !patient {
		return
	}
	for m := range v.children() { // a member can occur twice
		switch name := m.name(); {
		case numbered && bytes.EqualFold(name, []byte("value")):
			for number := range m.elements() {
				if number.Exists() {
					c.number(string(number.scalar()), true)
				}
			}
		case patient && bytes.EqualFold(name, []byte("id")):
			for id := range m.elements() {
				c.number(string(id.scalar()), false)
			}
		}
	}
}

// reference looks for the number in a reference to a patient by id.
func (c *ownerCheck) reference(text string) {
	if strings.Contains(strings.ToLower(text), "patient") {
		c.number(ReferredID(text, "Patient"), false)
	}
}

// query looks for the number in a search, such as the self link's or a
// conditional reference's (R4, 2.3.0.3).
func (c *ownerCheck) query(text []byte) {
	const name = "nhs-number"
	for {
		_, rest, found := bytes.Cut(text, []byte(name))
		if !found {
			return
		}
		text = rest
		for _, bar := range []string{"|", "%7C", "%7c"} {
			if number, ok := bytes.CutPrefix(rest, []byte(bar)); ok {
				end := bytes.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
				if end < 0 {
					end = len(number)
				}
				c.number(string(number[:end]), true)
			}
		}
	}
}

// number compares a number with the owner's. One that says to be an NHS number
// is foreign whatever it is, another only if it can be one.
func (c *ownerCheck) number(number string, named bool) {
	if number == c.owner {
		return
	}
	number = digits(number)
	if number != "" && number != c.owner && (named || isNumber(number)) {
		c.foreign = true
	}
}
