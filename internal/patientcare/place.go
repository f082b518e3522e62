package patientcare

import (
	"strings"

	r4 "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"github.com/patient-care-aggregator/aggregator/internal/fhir"
)

const (
	systemOrganisation = "https://fhir.nhs.uk/Id/ods-organization-code"
	systemSite         = "https://fhir.nhs.uk/Id/ods-site-code"
)

// place is an organisation or a site that a resource names.
type place struct {
	Code string // its ODS code; empty where it has none that can be shown
	Lost bool   // it is named in a form from which no code can be read
}

// readPlace reads a reference to an organisation or a site in each form that FHIR has
// for it (R4, 2.3.0): by its identifier, contained, or literally. Identifiers of other
// systems are internal to e-RS or name people, and are never taken for an ODS code.
func readPlace(r *fhir.Reader, contained []fhir.Value, reference *r4.Reference) place {
	if reference == nil {
		return place{}
	}
	if i := reference.Identifier; i != nil {
		if code := odsCode([]r4.Identifier{*i}); code != "" {
			return place{Code: code}
		}
	}
	if v := r.Contained(contained, reference); v.Exists() {
		if code := odsCode(r.Identifiers(v, "identifier")); code != "" {
			return place{Code: code}
		}
	}
	literal := text(reference.Reference)
	if kind, _ := fhir.SplitReference(literal); kind == "organization" || kind == "location" {
		// An id that could be an internal one is not shown: those are numbers.
		if code := strings.ToUpper(fhir.ExactID(literal)); isODSCode(code) && strings.Trim(code, "0123456789") != "" {
			return place{Code: code}
		}
	}
	return place{Lost: reference.Identifier != nil || literal != ""}
}

// odsCode is the first identifier that is an ODS code and in use.
func odsCode(list []r4.Identifier) string {
	for _, i := range list {
		system, value := text(i.System), strings.ToUpper(strings.TrimSpace(text(i.Value)))
		known := fhir.SameSystem(system, systemOrganisation) || fhir.SameSystem(system, systemSite)
		// Without a system, what has a letter is an ODS code: user ids and NHS numbers have none.
		known = known || system == "" && strings.Trim(value, "0123456789") != ""
		if known && isODSCode(value) && !isOld(i) {
			return value
		}
	}
	return ""
}

// isODSCode reports whether a text has the form of an ODS code (NHS Data Dictionary,
// ORGANISATION CODE): letters and digits, and never as many digits as an NHS number.
func isODSCode(code string) bool {
	const shortest, longest = 3, 9
	for _, c := range code {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(code) >= shortest && len(code) <= longest
}

// isOld reports whether an identifier is no longer in use (R4, IdentifierUse).
func isOld(i r4.Identifier) bool { return i.Use != nil && i.Use.Code() == "old" }
