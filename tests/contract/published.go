package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// ErrAbsent says that the published contract is not on this machine. A test that
// requires it fails; other tests skip.
var ErrAbsent = errors.New("the published e-RS contract is not here; name it in PCA_ERS_CONTRACT")

// Published is the NHS's own contract of the e-RS Patient Care API.
type Published struct {
	doc    *openapi3.T
	router routers.Router
}

// LoadPublished finds the contract by PCA_ERS_CONTRACT, or next to the repository.
// getenv is os.Getenv. Required reports whether the environment requires it (CI,
// or PCA_REQUIRE_CONTRACT=1); the error is ErrAbsent when it cannot be found.
func LoadPublished(getenv func(string) string) (_ *Published, required bool, err error) {
	required = getenv("CI") != "" || getenv("PCA_REQUIRE_CONTRACT") == "1"
	path := getenv("PCA_ERS_CONTRACT")
	if path == "" {
		root, err := Root()
		if err != nil {
			return nil, required, err
		}
		path = filepath.Join(root, "..", "shared", "nhs", "ers-patient-care-api.openapi.json")
	}
	document, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, required, ErrAbsent
	}
	if err != nil {
		return nil, required, fmt.Errorf("published contract: %w", err)
	}
	doc, router, err := load(document)
	if err != nil {
		return nil, required, fmt.Errorf("published contract: %w", err)
	}
	return &Published{doc: doc, router: router}, required, nil
}

// Root is the folder of the repository: the one above with a go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find repository: no go.mod above")
		}
		dir = parent
	}
}

// Operation reports which of the contract's operations a path below the base URL
// is, such as "/FHIR/R4/ServiceRequest"; empty when none.
func (p *Published) Operation(path string) string {
	route, _, err := p.router.FindRoute(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
	if err != nil {
		return ""
	}
	return route.Path
}

// CheckRequest reports how a question to e-RS breaks the contract.
func (p *Published) CheckRequest(method, path string, query url.Values, header http.Header) error {
	r := (&http.Request{
		Method: method, URL: &url.URL{Path: path, RawQuery: query.Encode()}, Header: header, Body: http.NoBody,
	}).WithContext(context.Background())
	route, params, err := p.router.FindRoute(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, QueryParams: query, Route: route, Options: options(),
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, route.Path, err)
	}
	if !strings.HasPrefix(header.Get("Authorization"), "Bearer ") {
		return fmt.Errorf("%s %s: no bearer token", method, route.Path)
	}
	return nil
}

// CheckAnswer reports how an answer of e-RS breaks the contract.
func (p *Published) CheckAnswer(path string, status int, header http.Header, body []byte) error {
	operation := p.Operation(path)
	if operation == "" {
		return fmt.Errorf("%s is not in the contract", path)
	}
	promised := p.doc.Paths.Find(operation).Get.Responses.Status(status)
	if promised == nil {
		return fmt.Errorf("%s: status %d is not in the contract", operation, status)
	}
	content := promised.Value.Content[header.Get("Content-Type")]
	if content == nil {
		return fmt.Errorf("%s: content type %q is not in the contract", operation, header.Get("Content-Type"))
	}
	value, err := decode(body)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if err := content.Schema.Value.VisitJSON(value, openapi3.MultiErrors(), openapi3.EnableFormatValidation()); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

func decode(body []byte) (any, error) {
	var value any
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&value); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return value, nil
}
