// Package ers is the e-RS Patient Care FHIR R4 API with the gateway in front of
// it: A001 (a citizen's referrals) and A002 (a service), read only.
//
// The gateway checks first (access token, rate, vector of trust, target
// identifier) and answers in its own form, which is not quite FHIR:
// application/json, and expression as a bare string. Answers of e-RS itself follow
// the published contract.
//
// It must not know how tokens are made (platform) or who people are (citizens).
package ers
