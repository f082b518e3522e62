// Package oidc is an OpenID Connect relying party: it sends a browser to a
// provider and identifies the person who comes back (OpenID Connect Core 1.0, authorization
// code flow; Discovery 1.0; RFC 6749, 7517, 7519, 7636, 9207).
//
// It owns discovery, the provider's key set, pending sign-ins (one for each
// state, kept sealed in the one-time store), the exchange of the code, and every
// check of an ID token that OpenID Connect asks for. There is one instance for
// citizens and one for staff; they differ in their [Config] only.
//
//	Begin ─► pending sign-in, redirect ─► provider ─► Finish
//	                                                    take the pending sign-in
//	                                                    exchange the code
//	                                                    verify the ID token ─► Result
//
// It must not know who the person is or what they may do: internal/nhslogin and
// internal/staff read the claims and decide that. It must not know HTTP statuses,
// cookies or problem texts: internal/httpapi carries the binding in a cookie and
// chooses the words for each of the errors. No error repeats what a provider or a
// browser sent.
//
// Reading order: relying_party.go, pending.go, finish.go, id_token.go,
// discovery.go, key_set.go, remote.go.
//
// Neighbours: internal/session declares the one-time store; internal/upstream
// makes the bounded HTTP client.
package oidc
