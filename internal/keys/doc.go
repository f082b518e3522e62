// Package keys holds the deployment's key ring: it hashes, seals and opens
// under keys derived for one purpose each, and names the key it used.
//
// The ring is a text of `id:base64` lines, each 32 random bytes; the first line
// is active, the others still open what they sealed and find what they hashed.
// One bare base64 line is a ring of one with the id "1". Rotation is: put a new
// line on top, restart, and drop an old line once nothing uses it.
//
// It also owns [Secret], the type of every value that must not be printed.
// It must not know what is sealed or why. RSA keys for signing are in
// internal/jose.
package keys
