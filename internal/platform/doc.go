// Package platform gets access tokens from the NHS API platform: it exchanges
// the citizen's NHS login ID token with a signed JWT (RFC 8693; "NHS login
// separate authentication and authorisation", signed JWT pattern).
//
// It owns the exchange and the cache of access tokens, one for each sign-in, for
// as long as the platform says. It must not know what the tokens are for. The
// platform's refresh grant is not used: it requires a second credential, and
// exchanging the ID token again has the same result.
package platform
