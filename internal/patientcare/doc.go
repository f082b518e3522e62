// Package patientcare reads a citizen's referrals from the e-RS Patient Care
// FHIR R4 API (A001, A002) and turns them into timeline facts.
//
// It owns the two requests, the tolerant reading of what comes back entry by
// entry, the joining of appointments and tasks to their referral, and the check
// that every one of them is this citizen's. What belongs to somebody else
// refuses the whole answer; what cannot be read becomes a notice and a counter.
// The way of an answer: bundle.go decodes it, bending into shape what is not quite
// FHIR (bend.go); subject.go looks whose it is; read.go sorts it; join.go joins it;
// adapt.go makes facts of it.
//
// It must not know what a citizen is shown (internal/timeline) nor who may ask
// (the caller decided). It implements aggregate.Source. The only URL of this
// service with an NHS number in it is made here and leaves no trace:
// internal/upstream strips it from errors, spans and metrics.
package patientcare
