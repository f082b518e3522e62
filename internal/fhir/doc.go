// Package fhir reads FHIR R4 (https://hl7.org/fhir/R4) from sources that do not
// quite keep to it, for every source alike.
//
// It owns what is the same whichever source answers: taking a document apart,
// the entries of a bundle, the kinds of resources, references and identifiers in
// every form that FHIR permits, dates, versions, and the check that everything in
// an answer is one citizen's. What has another form than FHIR defines is
// converted where that can be done without guessing; where it cannot, the
// [Reader] counts it as lost, and the rest of the resource is read.
//
// It must not know any source, its profiles and extensions, what is shown to a
// citizen, or where an answer came from. It imports neither net/http nor net.
//
// The data types that it returns are those of samply/golang-fhir-models. That
// library's resource structs are not used, because one unknown code or odd part
// costs the whole resource there.
//
// Reading order: document.go takes JSON apart; value.go is one value of it;
// owner.go judges whose it is, before anything else is looked at; bundle.go reads
// the entries; reader.go reads the parts of a resource; reference.go finds what a
// reference means; version.go chooses among copies; date.go reads dates.
//
// Neighbours: internal/patientcare reads e-RS with it, internal/organisation the
// directory of organisations; internal/citizen is the only package of ours that
// it imports.
package fhir
