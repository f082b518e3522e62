// Package organisation turns ODS codes into names and phone numbers that people
// recognise.
//
// It owns the bundled list of names and the live look-up (Organisation Data
// Terminology FHIR R4 API). A name never costs an answer: a code that cannot be
// found is missing from the result. A phone number of ODS is the organisation's
// switchboard, not the clinic's.
//
// It must not know who asks: its answers are the same for everyone and shared.
//
// Reading order: directory.go looks up; bundled.go is used where that finds
// nothing. Neighbours: internal/patientcare asks; internal/fhir reads the
// directory's answers; internal/cache keeps them.
package organisation
