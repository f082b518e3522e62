package contract

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// everywhere are headers that any answer may have without saying so: those of
// HTTP itself, and those that protect a browser.
func everywhere() []string {
	return []string{
		"Content-Type", "Content-Length", "Content-Encoding", "Vary", "Date", "Connection",
		"X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy", "Strict-Transport-Security",
		"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
	}
}

// checkHeaders reports headers that are promised and missing, and headers that
// nothing promises.
func checkHeaders(promised *openapi3.Response, got http.Header) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(promised.Headers)) {
		if promised.Headers[name].Value.Required && got.Get(name) == "" {
			faults = append(faults, fmt.Errorf("the header %s is missing", name))
		}
	}
	for name := range got {
		documented := slices.ContainsFunc(slices.Collect(maps.Keys(promised.Headers)), func(each string) bool {
			return http.CanonicalHeaderKey(each) == name
		})
		if !documented && !slices.Contains(everywhere(), name) {
			faults = append(faults, fmt.Errorf("the header %s is not in the contract", name))
		}
	}
	return errors.Join(faults...)
}

// checkHeaderValues reports headers that do not have the promised form. It is for
// answers that openapi3filter does not look at: 304, and those of no operation.
func checkHeaderValues(promised *openapi3.Response, got http.Header) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(promised.Headers)) {
		for _, text := range got.Values(name) {
			if err := promised.Headers[name].Value.Schema.Value.VisitJSON(text, openapi3.EnableFormatValidation()); err != nil {
				faults = append(faults, fmt.Errorf("the header %s: %w", name, err))
			}
		}
	}
	return errors.Join(faults...)
}
