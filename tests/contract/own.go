package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Own is the contract of this service.
type Own struct {
	doc    *openapi3.T
	router routers.Router
}

// LoadOwn reads the contract from its YAML. To clients answers are open: members
// and codes can be added. Here they are closed, so that none is added in silence.
func LoadOwn(document []byte) (*Own, error) {
	doc, router, err := load(document)
	if err != nil {
		return nil, fmt.Errorf("own contract: %w", err)
	}
	closeAnswers(doc)
	return &Own{doc: doc, router: router}, nil
}

func load(document []byte) (*openapi3.T, routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, nil, fmt.Errorf("read: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: "/"}} // wherever it is served
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, nil, fmt.Errorf("route: %w", err)
	}
	return doc, router, nil
}

// Transport sends requests on by next and reports to fault every breach by the
// service at base, such as "http://127.0.0.1:8080". Requests to other addresses pass.
func (o *Own) Transport(base string, next http.RoundTripper, fault func(error)) http.RoundTripper {
	u, err := url.Parse(base)
	if err != nil {
		fault(fmt.Errorf("base of the service: %w", err))
		return next
	}
	return &transport{own: o, host: u.Host, next: next, fault: fault}
}

type transport struct {
	own   *Own
	host  string
	next  http.RoundTripper
	fault func(error)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.host {
		return t.next.RoundTrip(r) //nolint:wrapcheck // an onlooker changes nothing
	}
	sent, err := keepBody(&r.Body)
	if err != nil {
		return nil, err
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // an onlooker changes nothing
	}
	got, err := keepBody(&response.Body)
	if err != nil {
		return nil, err
	}
	checked := r.Clone(context.WithoutCancel(r.Context()))
	checked.Body = io.NopCloser(bytes.NewReader(sent))
	if err := t.own.check(checked, response, got); err != nil {
		t.fault(fmt.Errorf("%s %s, status %d: %w", r.Method, r.URL.Path, response.StatusCode, err))
	}
	return response, nil
}

// CloseIdleConnections lets http.Client end the connections of next.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// keepBody reads a body to its end and puts a copy in its place.
func keepBody(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	text, err := io.ReadAll(*body)
	if err := errors.Join(err, (*body).Close()); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	*body = io.NopCloser(bytes.NewReader(text))
	return text, nil
}

// check reports every breach of one exchange.
func (o *Own) check(r *http.Request, response *http.Response, body []byte) error {
	route, path, err := o.router.FindRoute(r)
	switch {
	case errors.Is(err, routers.ErrPathNotFound):
		return o.refusal(response, body, http.StatusNotFound, "NotFound")
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return o.refusal(response, body, http.StatusMethodNotAllowed, "MethodNotAllowed")
	case err != nil:
		return fmt.Errorf("find route: %w", err)
	}
	var faults []error
	promised := route.Operation.Responses.Status(response.StatusCode)
	request := &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route, Options: options()}
	if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil && response.StatusCode < http.StatusBadRequest {
		faults = append(faults, fmt.Errorf("the request is against the contract and was not refused: %w", err))
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: response.StatusCode, Header: response.Header, Options: options(),
	}
	if promised != nil && opaque(promised.Value, response.Header) {
		answer.Options.ExcludeResponseBody = true
	}
	answer.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(r.Context(), answer); err != nil {
		faults = append(faults, err)
	}
	if promised != nil {
		faults = append(faults, checkHeaders(promised.Value, response.Header), checkProblemCode(promised.Value, response.Header, body), checkComplete(response.StatusCode, body))
		if len(promised.Value.Content) == 0 && len(body) > 0 {
			faults = append(faults, fmt.Errorf("a body of %d bytes where none is promised", len(body)))
		}
		if response.StatusCode == http.StatusNotModified {
			faults = append(faults, checkHeaderValues(promised.Value, response.Header))
		}
	}
	return errors.Join(faults...)
}

// refusal checks the answer of an address or method that has no operation.
func (o *Own) refusal(response *http.Response, body []byte, status int, component string) error {
	if response.StatusCode != status {
		return fmt.Errorf("there is no operation for this, so the status must be %d", status)
	}
	promised := o.doc.Components.Responses[component].Value
	content := promised.Content.Get(response.Header.Get("Content-Type"))
	if content == nil {
		return fmt.Errorf("content type %q is not in the contract", response.Header.Get("Content-Type"))
	}
	value, err := decode(body)
	if err != nil {
		return err
	}
	return errors.Join(
		content.Schema.Value.VisitJSON(value, openapi3.MultiErrors(), openapi3.EnableFormatValidation(), openapi3.VisitAsResponse()),
		checkHeaders(promised, response.Header), checkHeaderValues(promised, response.Header),
	)
}

// opaque tells a promised body that is read by people or other programs, such as
// a page or a calendar file: the library knows only JSON and YAML.
func opaque(promised *openapi3.Response, header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || promised.Content.Get(kind) == nil {
		return false
	}
	return !strings.HasSuffix(kind, "/json") && !strings.HasSuffix(kind, "+json") && !strings.HasSuffix(kind, "/yaml")
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		IncludeResponseStatus: true,
		MultiError:            true,
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
		// The rules for formats are off in the library unless asked for.
		SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.EnableFormatValidation()},
	}
}
