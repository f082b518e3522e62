// Package faults makes the sandbox misbehave on order: for one upstream, one
// operation, one citizen or all, always, for the next few requests, or for a
// share of them that follows from the seed.
//
// It owns the orders ([Set]) and what they do to an answer ([Set.Wrap]). Faults
// inside a token (wrong nonce, wrong key) are left to the package that makes it,
// which asks [Has]. It must not know any upstream's data.
package faults
