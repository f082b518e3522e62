package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/release"
)

// The content types of answers.
const (
	TypeJSON = "application/json; charset=utf-8"
	TypeHTML = "text/html; charset=utf-8"
)

// Answer is what a handler returns to be written. The interface is sealed:
// answers are made by the functions of this package only, and each asks for the
// proof that its content may leave.
//
//   - [Data]: a citizen's information, as internal/release released it
//   - [Public]: holds nothing about anybody
//   - [Own]: the caller's own session and consents, no NHS data
//   - [Logged] and [Stream]: what was written to the log first
//   - [Redirect]: an address, nothing else
//
// The zero value of a proof makes an answer that is written as internal_error.
type Answer interface {
	// With adds a header, or replaces it.
	With(name, value string) Answer
	// WithCookie adds a cookie.
	WithCookie(Cookie) Answer

	content() (*content, error)
}

// InSeconds is an instant as answers have it: UTC, whole seconds. Not every client
// reads fractions (Swift's ISO 8601 does not).
func InSeconds(at time.Time) time.Time { return at.UTC().Truncate(time.Second) }

// Cookie is a cookie of this service. The prefix that browsers ask for is put in
// front of its name when it is written.
type Cookie struct {
	Name, Value string
	// Life is how long browsers keep it. 0: until they close; less: it is deleted.
	Life time.Duration
}

// content is the one implementation of Answer.
type content struct {
	status  int
	header  http.Header
	cookies []Cookie
	body    []byte
	stream  func(context.Context, io.Writer) error
	err     error // why it must not be written
}

func (a *content) content() (*content, error) {
	if a == nil {
		return nil, errNoAnswer
	}
	return a, a.err
}

// With implements Answer.
func (a *content) With(name, value string) Answer {
	if a.err != nil {
		return a
	}
	b := *a
	b.header = maps.Clone(a.header)
	b.header.Set(name, value)
	return &b
}

// WithCookie implements Answer.
func (a *content) WithCookie(k Cookie) Answer {
	b := *a
	b.cookies = append(append([]Cookie(nil), a.cookies...), k)
	return &b
}

func newContent(status int, kind string, body []byte) *content {
	a := &content{status: status, header: http.Header{}, body: body}
	if kind != "" {
		a.header.Set("Content-Type", kind)
	}
	if kind == TypeHTML {
		pageHeaders(a.header)
	}
	return a
}

// Data answers with a citizen's information. Only release.Service.Show makes what
// it takes. It is kept by no cache but the caller's own.
func Data(r release.Released) Answer {
	c, ok := r.Content()
	if !ok {
		return &content{err: errNotReleased}
	}
	status, kind := http.StatusOK, c.Type
	switch {
	case r.Unchanged():
		status, kind, c.Body = http.StatusNotModified, "", nil
	case c.Location != "":
		status = http.StatusFound
	case c.Incomplete:
		status = http.StatusMultiStatus
	}
	a := newContent(status, kind, c.Body)
	dataHeaders(a.header)
	for name, value := range map[string]string{"Location": c.Location, "Content-Language": string(c.Lang)} {
		if value != "" {
			a.header.Set(name, value)
		}
	}
	if tag := r.Tag(); tag != "" {
		a.header.Set("ETag", etag(tag))
	}
	return a
}

// Public answers with what is the same for every client, or is about no person.
// Without a Cache-Control header it may be cached as HTTP allows.
func Public(status int, contentType string, body []byte) Answer {
	return newContent(status, contentType, body)
}

// PublicTagged is Public with an ETag; a client that has it already gets 304.
func PublicTagged(r *Request, contentType string, body []byte, tag string) Answer {
	if r.Known(tag) {
		return newContent(http.StatusNotModified, "", nil).With("ETag", etag(tag))
	}
	return newContent(http.StatusOK, contentType, body).With("ETag", etag(tag))
}

// PublicJSON is Public with a JSON body.
func PublicJSON(status int, v any) Answer { return withJSON(Public, status, v) }

// Own answers with the caller's own session and consents. It MUST NOT be used for
// anything that came from the NHS. It is kept by no cache.
func Own(status int, contentType string, body []byte) Answer {
	a := newContent(status, contentType, body)
	dataHeaders(a.header)
	return a
}

// OwnJSON is Own with a JSON body.
func OwnJSON(status int, v any) Answer { return withJSON(Own, status, v) }

func withJSON(answer func(int, string, []byte) Answer, status int, v any) Answer {
	body, err := json.Marshal(v)
	if err != nil {
		return &content{err: err}
	}
	return answer(status, TypeJSON, body)
}

// Nothing answers without a body: it was done.
func Nothing() Answer {
	return newContent(http.StatusNoContent, "", nil).With("Cache-Control", "no-store")
}

// Redirect sends a browser to another address. It has no body: it would repeat the address, and
// with it what only that browser should see.
func Redirect(status int, address string) Answer {
	return newContent(status, "", nil).With("Location", address).With("Cache-Control", "no-store")
}

// Logged answers with what the log already has an entry about. It is kept by no
// cache.
func Logged(w audit.Written, status int, contentType string, body []byte) Answer {
	if w.Count == 0 {
		return &content{err: errNotLogged}
	}
	return newContent(status, contentType, body).With("Cache-Control", "no-store")
}

// LoggedJSON is Logged with a JSON body.
func LoggedJSON(w audit.Written, status int, v any) Answer {
	return withJSON(func(status int, kind string, body []byte) Answer { return Logged(w, status, kind, body) }, status, v)
}

// Stream is Logged for what is too long to be held in memory. If write fails the
// connection is broken off, so that a part is never taken for the whole.
func Stream(w audit.Written, contentType string, write func(context.Context, io.Writer) error) Answer {
	if w.Count == 0 || write == nil {
		return &content{err: errNotLogged}
	}
	a := newContent(http.StatusOK, contentType, nil)
	a.stream = write
	return a.With("Cache-Control", "no-store")
}
