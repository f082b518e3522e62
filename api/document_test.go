package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/patient-care-aggregator/aggregator/api"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheDocumentIsValidAndSoIsEveryExampleInIt(t *testing.T) {
	t.Parallel()
	err := document(t).Validate(t.Context(),
		openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableSchemaPatternValidation())
	if err != nil {
		t.Error(err)
	}
}

func TestEveryOperationSaysWhatAnAppDeveloperNeeds(t *testing.T) {
	t.Parallel()
	doc := document(t)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			name := method + " " + path
			if op.Summary == "" || op.OperationID == "" || len(op.Tags) != 1 || doc.Tags.Get(op.Tags[0]) == nil {
				t.Errorf("%s: summary, operation id and one listed tag are needed", name)
			}
			if op.Responses.Status(500) == nil {
				t.Errorf("%s: says nothing of a fault of ours", name)
			}
			for _, p := range op.Parameters {
				if p.Value.Description == "" {
					t.Errorf("%s: parameter %s has no description", name, p.Value.Name)
				}
			}
			for status, r := range op.Responses.Map() {
				answerIsDescribed(t, name+" "+status, r.Value)
			}
		}
	}
}

// answerIsDescribed asserts words, the headers that NFR-09 promises of every
// answer, and an example of every body.
func answerIsDescribed(t *testing.T, name string, r *openapi3.Response) {
	t.Helper()
	if r.Description == nil || *r.Description == "" {
		t.Errorf("%s: no description", name)
	}
	for _, header := range []string{"X-Correlation-ID", "X-Request-ID"} {
		if h := r.Headers[header]; h == nil || !h.Value.Required {
			t.Errorf("%s: header %s is not promised", name, header)
		}
	}
	for kind, body := range r.Content {
		if body.Example == nil && len(body.Examples) == 0 {
			t.Errorf("%s: %s has no example", name, kind)
		}
	}
}

func TestEveryDataAnswerForbidsSharedCachesToKeepIt(t *testing.T) {
	t.Parallel()
	doc := document(t)
	for _, path := range []string{"/v1/timeline", "/v1/timeline/refresh", "/v1/consents", "/v1/consents/{id}"} {
		for method, op := range doc.Paths.Find(path).Operations() {
			for status, r := range op.Responses.Map() {
				if strings.HasPrefix(status, "2") || status == "304" {
					for _, header := range []string{"Cache-Control", "Vary"} {
						if h := r.Value.Headers[header]; h == nil || !h.Value.Required {
							t.Errorf("%s %s %s: header %s is not promised", method, path, status, header)
						}
					}
				}
			}
		}
	}
}

// TestSchemasAreStrict: what is not in the document is not in an answer, and
// what is in it is always there. Only problems may have more members (RFC 9457).
func TestSchemasAreStrict(t *testing.T) {
	t.Parallel()
	schemas := document(t).Components.Schemas
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		strict(t, name, schemas[name].Value)
	}
}

func strict(t *testing.T, name string, s *openapi3.Schema) {
	t.Helper()
	if s.Items != nil {
		strict(t, name+"[]", s.Items.Value)
	}
	if !s.Type.Is(openapi3.TypeObject) || name == "Problem" {
		return
	}
	closed := s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	if !closed && s.AdditionalProperties.Schema == nil {
		t.Errorf("%s: additionalProperties is not false", name)
	}
	for member, each := range s.Properties {
		if !slices.Contains(s.Required, member) {
			t.Errorf("%s.%s: is not required; absent parts are null here", name, member)
		}
		strict(t, name+"."+member, each.Value)
	}
}
