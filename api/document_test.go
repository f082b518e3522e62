package api_test

import (
	"maps"
	"regexp"
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

// TestAnswersAreOpenAndWhole: members and codes can be added without breaking a
// client, and what is in the document is always there.
func TestAnswersAreOpenAndWhole(t *testing.T) {
	t.Parallel()
	schemas := document(t).Components.Schemas
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		if name != "ConsentRequest" { // sent, and so closed
			openAndWhole(t, name, schemas[name].Value)
		}
	}
}

func openAndWhole(t *testing.T, name string, s *openapi3.Schema) {
	t.Helper()
	if s.Items != nil {
		openAndWhole(t, name+"[]", s.Items.Value)
	}
	if s.Type == nil {
		t.Errorf("%s: has no type, and generated clients none either", name)
	}
	if s.Type.Is(openapi3.TypeString) && len(s.Enum) > 1 {
		t.Errorf("%s: a list of codes that cannot grow", name)
	}
	if !s.Type.Is(openapi3.TypeObject) || name == "Problem" {
		return
	}
	if s.AdditionalProperties.Has != nil {
		t.Errorf("%s: says additionalProperties; answers are open", name)
	}
	for member, each := range s.Properties {
		if !slices.Contains(s.Required, member) {
			t.Errorf("%s.%s: is not required; absent parts are null here", name, member)
		}
		openAndWhole(t, name+"."+member, each.Value)
	}
}

// TestNamesAreUniqueOverAllComponents: generators put them into one namespace.
func TestNamesAreUniqueOverAllComponents(t *testing.T) {
	t.Parallel()
	c := document(t).Components
	seen := map[string]string{}
	for kind, names := range map[string][]string{
		"schemas": slices.Collect(maps.Keys(c.Schemas)), "responses": slices.Collect(maps.Keys(c.Responses)),
		"parameters": slices.Collect(maps.Keys(c.Parameters)), "examples": slices.Collect(maps.Keys(c.Examples)),
	} {
		for _, name := range names {
			if other := seen[name]; other != "" {
				t.Errorf("%s is the name of one of the %s and one of the %s", name, kind, other)
			}
			seen[name] = kind
		}
	}
}

func TestTheDocumentHasNoAnchorsAndIsTheSameInJSON(t *testing.T) {
	t.Parallel()
	if regexp.MustCompile(`(?m)(: |- |\[)[&*][A-Za-z]|<<:`).Match(api.OpenAPI) {
		t.Error("an anchor, an alias or a merge key: not every YAML parser reads them")
	}
	text, err := api.JSON()
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := marshalled(t, document(t)), marshalled(t, inJSON); a != b {
		t.Error("the document in JSON says something else")
	}
}

func marshalled(t *testing.T, doc *openapi3.T) string {
	t.Helper()
	text, err := doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
