// Package client knows the apps and portals that may ask for a citizen's data.
//
// It owns the registry of clients. The client [Web] is this service's own pages:
// it is reserved, cannot be registered from outside, and is the only one whose
// session may grant consent.
//
// It must not know how a client proves who it is, nor what the citizen allowed it
// (internal/consent). No app can be registered yet: [NewRegistry] holds [Web] only.
package client
