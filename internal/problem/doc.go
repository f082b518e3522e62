// Package problem is what callers are told when something cannot be done: RFC 9457
// problem details, and a private cause that never leaves the process.
//
// It owns the list of codes with their status. It must not know which route failed,
// the words (internal/wording, from valuesets/problems.yaml) or how the answer is
// written. Only internal/httpapi and the
// packages below it import it: the packages inside return sentinels and kinds, and
// internal/httpapi/errors.go has the table that puts those into problems.
//
// Reading order: problem.go, code.go.
package problem
