// Package faults makes the sandbox fail on order: for one upstream, one operation,
// one citizen or all; always, for the next few requests, or for a share of them
// that follows from the seed.
//
// It owns the orders ([Set]) and what they do to an answer ([Set.Wrap]). Faults
// inside a token (wrong nonce, wrong key) are made by the package that makes the
// token, which asks [Has]. It must not know any upstream's data.
//
// Reading order: kind.go, fault.go, set.go, wrap.go, spoil.go.
package faults
