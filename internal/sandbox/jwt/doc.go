// Package jwt reads JSON Web Tokens that strangers send to the sandbox, part by
// part, so that each NHS system can check them in its own order and with its
// own words. A token is worth nothing before [Token.Verify].
package jwt
