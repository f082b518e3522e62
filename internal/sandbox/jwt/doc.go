// Package jwt reads JSON Web Tokens that clients send to the sandbox, part by part,
// so that each NHS system can check them in its own order and with its own words.
// A token MUST NOT be trusted before [Token.Verify].
//
// It must not know what a token is for. Its users are login, platform and staff.
package jwt
