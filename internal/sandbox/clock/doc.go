// Package clock is the sandbox's own time: the given clock, moved on demand so
// that an appointment can pass or a token expire while nobody waits.
package clock
