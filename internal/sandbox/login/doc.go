// Package login is the sandbox's NHS login: OpenID Connect as the Federation
// interface specification v2.1 describes it, with its own reading of every
// check. RS512 throughout, private_key_jwt clients only, vectors of trust,
// sharing consent, single sign-on by cookie and by asserted login identity.
//
// The way of a sign-in: authorize checks the request, the page (or a preset
// answer) picks a citizen and their consent to share, a code that lives ten
// minutes goes back, the token endpoint takes it once.
//
// It must not know what anybody does with the tokens. Neighbours: registry for
// clients and their keys, citizens for people, platform verifies its ID tokens.
package login
