// Package acts is the queue in front of a store's writer: what callers want written waits
// there, and each caller learns what became of it.
//
// It owns waiting, giving up and shutting down. A store embeds [Act] in what it writes and
// has one writer that takes acts from a [Queue]. What this package must not know: SQL, and
// what is written. Reading order: act.go, queue.go.
package acts
