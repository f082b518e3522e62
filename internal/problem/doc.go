// Package problem is the one form in which this service tells a client that
// something cannot be done: RFC 9457 problem details with words for a person,
// what they can do next, and a private cause that never leaves the process.
//
// It owns the catalogue of codes with their status and words. It must not know
// which route failed or how the answer is written (internal/httpapi does).
package problem
