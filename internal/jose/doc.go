// Package jose holds this service's own RSA keys: it signs client assertions
// (RFC 7523, RS512 as NHS login and the NHS API platform require) and publishes
// the public halves as a JWKS (RFC 7517).
//
// It is the only package that uses lestrrat-go/jwx. It MUST NOT parse a token that
// somebody else sent: the library receives no more security fixes in this version,
// and here it handles only what this service makes itself (docs/adr/0001).
//
// It must not know what a token is for. Neighbours: internal/nhslogin and
// internal/platform sign client assertions with it, internal/consent its
// receipts; internal/httpapi/machine publishes the JWKS.
// Tokens of others are checked in internal/oidc.
package jose
