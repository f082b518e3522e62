// Package organisation turns ODS codes into names and phones that people
// recognise.
//
// It owns the bundled list of names and the live look-up (Organisation Data
// Terminology FHIR R4 API). A name never costs an answer: what cannot be found
// comes back as its code alone. A phone of ODS is the organisation's
// switchboard, not the clinic's.
//
// It must not know who asks; its answers are the same for everyone and shared.
package organisation
