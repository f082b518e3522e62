// Package problem is what callers are told when something cannot be done: RFC 9457
// problem details with words for a person, what they can do next, and a private
// cause that never leaves the process.
//
// It owns the list of codes with their status and words. It must not know which
// route failed or how the answer is written. Only internal/httpapi and the
// packages below it import it: the packages inside return sentinels and kinds, and
// internal/httpapi/errors.go has the table that puts those into problems.
//
// Reading order: problem.go, code.go.
package problem
