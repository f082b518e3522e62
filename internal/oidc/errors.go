package oidc

import "errors"

// How a sign-in can end, besides success. Test with errors.Is; each comes wrapped
// in what happened, which is for the log.
var (
	// ErrUnavailable: the provider returned no usable answer, or it refused this
	// service and not the person. Nothing is known about the person. Try again later.
	ErrUnavailable = errors.New("the sign-in provider is unavailable")
	// ErrExpired: the state or the code is unknown, was used already, or is too old.
	// Begin again.
	ErrExpired = errors.New("the sign-in has expired")
	// ErrInvalid: what came back cannot be trusted. Begin again.
	ErrInvalid = errors.New("the sign-in cannot be trusted")
	// ErrNotBegunHere: no pending sign-in of this browser was found. It comes with
	// ErrExpired or ErrInvalid. Any client can cause it, as often as it likes:
	// count it, and write no entry about it.
	ErrNotBegunHere = errors.New("this browser has no such sign-in pending")
	// ErrRefused: the provider refused the person, or the person cancelled there. A
	// [Refusal] in the chain has the provider's reason.
	ErrRefused = errors.New("the sign-in provider refused the sign-in")
	// ErrLoginRequired: the provider needs the person, although the sign-in was not
	// silent. Begin again only when the person asks for it: beginning again without
	// them could redirect the browser for ever.
	ErrLoginRequired = errors.New("the sign-in provider needs the person to sign in")
	// ErrAskOpenly: the provider was asked silently (prompt=none) and needs the
	// person. Begin again without a prompt, immediately; that sign-in cannot end with
	// this error.
	ErrAskOpenly = errors.New("the silent sign-in needs the person")
)
