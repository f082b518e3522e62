package problem

import (
	"errors"
	"maps"
)

// Error is safe to show: everything but the cause is for the client.
type Error struct {
	Code     Code
	Status   int
	Title    string         // the same for every occurrence of the code
	Detail   string         // what happened, for a person
	NextStep string         // what that person can do now
	Members  map[string]any // extension members of RFC 9457, such as consentRequest
	cause    error
}

// New makes the problem of that code. The cause is for the log alone and may be
// nil. An unknown code becomes [Internal].
func New(code Code, cause error) *Error {
	w := wordsOf(code)
	return &Error{Code: w.code, Status: w.status, Title: w.title, Detail: w.detail, NextStep: w.nextStep, cause: cause}
}

// From gives the problem inside an error, or [Internal] with the error as its cause:
// what nobody meant for a client stays hidden.
func From(err error) *Error {
	var p *Error
	if errors.As(err, &p) {
		return p
	}
	return New(Internal, err)
}

// WithDetail gives a copy that says more exactly what happened. The detail MUST
// NOT repeat what a stranger sent or carry personal data.
func (e *Error) WithDetail(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}

// With gives a copy with one more extension member.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Members = maps.Clone(e.Members)
	if c.Members == nil {
		c.Members = map[string]any{}
	}
	c.Members[name] = value
	return &c
}

// Error is for logs: it tells the code and the cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.cause.Error()
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.cause }
