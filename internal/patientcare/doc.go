// Package patientcare reads a citizen's referrals from the e-RS Patient Care
// FHIR R4 API (A001, A002) and turns them into facts of referrals.
//
// It owns what is particular to e-RS: the two requests, the parts of its
// resources that are read, with their profiles and extensions, the joining of
// appointments and tasks to their referral, and the conversion to facts. An
// answer that holds somebody else's data is refused as a whole; what cannot be
// read becomes a notice and a counter.
//
// It must not know how FHIR is read where it is not quite FHIR (internal/fhir),
// what a citizen is shown (internal/timeline), or who may ask (the caller has
// decided). The only URL of this service with an NHS number in it is made here,
// and it is written nowhere: internal/upstream removes it from errors, spans and
// metrics.
//
// Reading order, which is the path of an answer: source.go asks, by client.go
// (failure.go says how that fails); read.go sorts the entries, of which contract.go
// reads the parts; join.go joins them; adapt.go makes facts of them.
//
// Neighbours: internal/aggregate declares the Source that this implements;
// internal/fhir reads, internal/platform provides access tokens,
// internal/organisation names; internal/referral holds the facts.
package patientcare
