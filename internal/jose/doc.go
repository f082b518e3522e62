// Package jose holds this service's own RSA keys: it signs client assertions
// (RFC 7523, RS512 as NHS login and the NHS API platform require) and publishes
// the public halves as a JWKS (RFC 7517).
//
// It is the only room that uses lestrrat-go/jwx. It MUST NOT parse a token that a
// stranger sent: the library receives no more security fixes in this version,
// and here it meets only what this service makes itself (docs/adr/0001).
package jose
