package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const keyRequest = "pca.request"

// Request is what a handler may know of a request. Nothing in it can write.
type Request struct {
	http    *http.Request
	param   func(string) string
	cookies cookies

	correlationID string
	choose        func([]wording.Lang) wording.Lang // nil: English
	page          bool                              // the route may answer as a page, and the caller asks for HTML
	returnTo      string                            // own path to come back to; empty: nothing said
	left          []Cookie
	caller        *session.Caller
	member        *staff.Session
}

// NewRequest makes a request for the test of a handler. caller may be nil, param
// returns the segments of the path that vary and may be nil.
func NewRequest(r *http.Request, caller *session.Caller, param func(string) string) *Request {
	if param == nil {
		param = func(string) string { return "" }
	}
	return &Request{http: r, param: param, caller: caller, cookies: newCookies("http://" + r.Host), page: prefersHTML(r.Header.Get("Accept"))}
}

// requestOf returns the request that identify made.
func requestOf(c *gin.Context) *Request {
	if found, ok := c.Value(keyRequest).(*Request); ok {
		return found
	}
	made := NewRequest(c.Request, nil, c.Param)
	c.Set(keyRequest, made)
	return made
}

// Param is a segment of the path, by its name in the route.
func (r *Request) Param(name string) string { return r.param(name) }

// Query is the first value of a query parameter; empty: absent.
func (r *Request) Query(name string) string { return r.http.URL.Query().Get(name) }

// Queries are all query parameters. Those that cannot be read are skipped.
func (r *Request) Queries() url.Values { return r.http.URL.Query() }

// Header is the first value of a header; empty: absent.
func (r *Request) Header(name string) string { return r.http.Header.Get(name) }

// Cookie is the value of one of this service's cookies, by its name without a prefix. It is empty when the cookie is absent, and
// when it was sent twice: then somebody tries to slip one in.
func (r *Request) Cookie(name string) string {
	return r.cookies.value(r.http, r.cookies.full(name))
}

// cookiesLike are the values of this service's cookies whose names begin with this,
// by their names without a prefix.
func (r *Request) cookiesLike(begin string) map[string]string {
	found := map[string]string{}
	full := r.cookies.full(begin)
	for _, k := range r.http.Cookies() {
		if rest, ok := strings.CutPrefix(k.Name, full); ok {
			found[begin+rest] = k.Value
		}
	}
	return found
}

// CorrelationID is the UUID under which this request is found in every log.
func (r *Request) CorrelationID() string { return r.correlationID }

// Lang is the language that the caller likes best of those that are shown here.
// Pages are in English only.
func (r *Request) Lang() wording.Lang {
	if r.page || r.choose == nil {
		return wording.English
	}
	return r.choose(wantedLanguages(r.Header("Accept-Language")))
}

// WantsPage reports whether the answer should be a page: the route has one, and
// the caller asks for HTML.
func (r *Request) WantsPage() bool { return r.page }

// Caller is the citizen who asks. It panics in a route for anybody else.
func (r *Request) Caller() session.Caller {
	if r.caller == nil {
		panic("httpapi: this route is not for citizens")
	}
	return *r.caller
}

// SignedIn reports whether the caller is known, for what may be shown to both.
func (r *Request) SignedIn() bool { return r.caller != nil }

// Member is the member of staff who asks. It panics in a route for anybody else.
func (r *Request) Member() staff.Session {
	if r.member == nil {
		panic("httpapi: this route is not for staff")
	}
	return *r.member
}

// ReturnTo is the path of SetReturnTo; without it where a sign-in leads by itself.
func (r *Request) ReturnTo() string {
	if r.returnTo == "" {
		return DefaultReturn
	}
	return r.returnTo
}

// SetReturnTo says where the citizen wants to be once a problem is put right. What
// is no path of this service is not kept.
func (r *Request) SetReturnTo(path string) {
	if IsOwnPath(path) {
		r.returnTo = path
	}
}

// Leave sets a cookie with whatever the answer will be, a problem too.
func (r *Request) Leave(k Cookie) { r.left = append(r.left, k) }

// Entry begins a log entry about this request: who asked, by which client, and
// the correlation id.
func (r *Request) Entry(kind audit.Kind, outcome audit.Outcome, at time.Time) audit.Entry {
	e := audit.Entry{Kind: kind, At: at, Actor: audit.ActorCitizen, Outcome: outcome, CorrelationID: r.correlationID}
	if r.caller != nil {
		e.Citizen, e.Client = r.caller.Citizen.Ref, r.caller.Client
	}
	return e
}

// JSON reads a bounded body of known members into v. The error is a problem.
func (r *Request) JSON(v any) error {
	if r.contentType() != "application/json" {
		return problem.New(problem.BadRequest, nil).WithDetail("The body must be JSON, with Content-Type application/json.")
	}
	d := json.NewDecoder(r.body())
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return bodyProblem(err, "The body is not the JSON that this address takes.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bodyProblem(err, "The body holds more than one JSON value.")
	}
	return nil
}

// Form reads a bounded body of form fields. The error is a problem; detail says
// in it what was expected.
func (r *Request) Form(detail string) (url.Values, error) {
	if r.contentType() != "application/x-www-form-urlencoded" {
		return nil, problem.New(problem.BadRequest, nil).WithDetail(detail)
	}
	text, err := io.ReadAll(r.body())
	if err != nil {
		return nil, bodyProblem(err, detail)
	}
	fields, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, problem.New(problem.BadRequest, nil).WithDetail(detail)
	}
	return fields, nil
}

func (r *Request) contentType() string {
	kind, _, err := mime.ParseMediaType(r.Header("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// body is bounded. It needs no writer: net/http closes the connection by itself
// where a body was not read to its end.
func (r *Request) body() io.Reader { return http.MaxBytesReader(nil, r.http.Body, maxBody) }

func bodyProblem(err error, detail string) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return problem.New(problem.PayloadTooLarge, nil)
	}
	return problem.New(problem.BadRequest, nil).WithDetail(detail)
}
