// Package login is the sandbox's NHS login: OpenID Connect as the Federation
// interface specification v2.1 describes it, with its own reading of every
// check. RS512 throughout, private_key_jwt clients only, vectors of trust,
// sharing consent, single sign-on by cookie and by asserted login identity.
//
// A sign-in: authorize checks the request, the page (or a preset answer) picks a
// citizen and their consent to share, the client gets a code that is valid for ten
// minutes, and the token endpoint accepts it once.
//
// It must not know what the tokens are used for. Neighbours: registry for clients
// and their keys, citizens for people, platform verifies its ID tokens.
//
// Reading order: login.go, authorize.go, page.go, code.go, token.go, id_token.go.
package login
