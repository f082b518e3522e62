package problem

import (
	"errors"
	"maps"
	"time"
)

// Error is what a client is told, with a private cause. Its fields are not
// exported, so that what a client reads and what the log reads cannot be confused,
// and encoding it tells nothing.
type Error struct {
	code    Code
	words   string
	detail  string
	members map[string]any
	retry   time.Duration
	cause   error
}

// New makes the problem of that code. The cause is for the log only and may be
// nil. An unknown code becomes [Internal].
func New(code Code, cause error) *Error {
	if statusOf(code) == 0 {
		code = Internal
	}
	return &Error{code: code, cause: cause}
}

// Code is the kind of problem.
func (e *Error) Code() Code { return e.code }

// Status is the HTTP status.
func (e *Error) Status() int { return statusOf(e.code) }

// Words is the key of the words for what happened (the Detail keys of
// internal/wording); empty: the code's own.
func (e *Error) Words() string { return e.words }

// Detail is what happened, in English for the maker of an app; empty: Words say it.
func (e *Error) Detail() string { return e.detail }

// RetryAfter is when to try again; 0: not said.
func (e *Error) RetryAfter() time.Duration { return e.retry }

// WithRetryAfter gives a copy that says when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.retry = d
	return &c
}

// Members gives a copy of the extension members of RFC 9457, such as
// consentRequest; never nil.
func (e *Error) Members() map[string]any {
	members := maps.Clone(e.members)
	if members == nil {
		members = map[string]any{}
	}
	return members
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

// WithWords returns a copy that says more exactly what happened, to anybody, in the
// words that have this key.
func (e *Error) WithWords(key string) *Error {
	c := *e
	c.words = key
	return &c
}

// WithDetail returns a copy that says to the maker of an app more exactly what
// happened, such as which parameter is wrong. No page shows it. The detail MUST NOT
// repeat what a client sent or carry personal data.
func (e *Error) WithDetail(detail string) *Error {
	c := *e
	c.detail = detail
	return &c
}

// With gives a copy with one more extension member.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.members = e.Members()
	c.members[name] = value
	return &c
}

// Error is for logs: the code and the cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return string(e.code)
	}
	return string(e.code) + ": " + e.cause.Error()
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.cause }
