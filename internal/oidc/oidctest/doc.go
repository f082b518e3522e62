// Package oidctest is an OpenID provider on loopback that does what a test tells
// it to, right or wrong, and a one-time store in memory. The tests of internal/oidc,
// internal/nhslogin and internal/staff share it.
//
// It must not be imported outside tests, and it knows of this service only
// the error of the one-time store.
package oidctest
