// Package registry knows the applications that may speak to the sandbox, as NHS
// login, the API platform, ODS and the staff provider would know them, and
// fetches their public keys over loopback.
//
// It must not know what any of those systems checks with them.
package registry
