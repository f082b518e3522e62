// Package nhslogin is what NHS login adds to OpenID Connect (Federation Interface
// Specification 2.1): private_key_jwt, RS512, vectors of trust (RFC 8485), and
// the claims about a citizen.
//
// It owns the settings of the citizens' relying party (internal/oidc) and the
// rules for who may use this service: identity level, age, and an NHS number. The
// NHS number of the verified ID token enters this service only here.
//
// It must not know cookies, sessions, HTTP statuses or the words for a refusal:
// internal/httpapi has them.
//
// Reading order: client.go, identity.go.
//
// Neighbours: internal/oidc does the protocol; internal/jose signs the client
// assertions; internal/citizen has the type of the NHS number.
package nhslogin
