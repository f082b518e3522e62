// Package staff is an OpenID provider for members of staff: auditors sign
// in with it. RS256, authorization code with PKCE where it is sent, a client
// secret, and the claim roles.
//
// It must not know what a role allows.
package staff
