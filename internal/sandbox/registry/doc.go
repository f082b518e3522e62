// Package registry has the applications that may use the sandbox, as they are
// registered with NHS login, the API platform, ODS and the staff provider, and
// fetches their public keys over loopback.
//
// It must not know what those systems check.
package registry
