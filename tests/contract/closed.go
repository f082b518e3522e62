package contract

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// The extensions of the contract.
const (
	extensionCodes    = "x-extensible-enum" // the codes that a string has today
	extensionProblems = "x-problem-codes"   // the problems that an answer can be
)

// closeAnswers closes every object and list of codes of a document.
func closeAnswers(doc *openapi3.T) {
	seen := map[*openapi3.Schema]bool{}
	for _, s := range doc.Components.Schemas {
		closeSchema(s, seen)
	}
	for _, r := range doc.Components.Responses {
		closeContent(r.Value.Content, seen)
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, r := range op.Responses.Map() {
				closeContent(r.Value.Content, seen)
			}
		}
	}
}

func closeContent(content openapi3.Content, seen map[*openapi3.Schema]bool) {
	for _, body := range content {
		closeSchema(body.Schema, seen)
	}
}

func closeSchema(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	s := ref.Value
	seen[s] = true
	if codes, ok := s.Extensions[extensionCodes].([]any); ok {
		s.Enum = codes
	}
	if s.Type.Is(openapi3.TypeObject) && len(s.Properties) > 0 && s.AdditionalProperties.Schema == nil && !open(s) {
		closed := false
		s.AdditionalProperties.Has = &closed
	}
	for _, member := range s.Properties {
		closeSchema(member, seen)
	}
	closeSchema(s.Items, seen)
	closeSchema(s.AdditionalProperties.Schema, seen)
	for _, parts := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, part := range parts {
			closeSchema(part, seen)
		}
	}
}

// open tells the objects that may have more members: problems (RFC 9457), and the
// contract itself.
func open(s *openapi3.Schema) bool {
	return s.Properties["correlationId"] != nil && s.Properties["nextStep"] != nil || s.Properties["openapi"] != nil
}

// checkProblemCode reports a problem that the contract does not name for the answer.
func checkProblemCode(promised *openapi3.Response, header http.Header, body []byte) error {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "application/problem+json" || promised.Content.Get(kind) == nil {
		return nil //nolint:nilerr // another check reports a content type that cannot be read
	}
	var told struct{ Code string }
	if err := json.Unmarshal(body, &told); err != nil {
		return fmt.Errorf("read the problem: %w", err)
	}
	if codes := problemCodes(promised.Content.Get(kind)); !slices.Contains(codes, told.Code) {
		return fmt.Errorf("the problem is %s, the contract names %v", told.Code, codes)
	}
	return nil
}

func problemCodes(body *openapi3.MediaType) []string {
	listed, _ := body.Extensions[extensionProblems].([]any)
	codes := make([]string, 0, len(listed))
	for _, code := range listed {
		if text, ok := code.(string); ok {
			codes = append(codes, text)
		}
	}
	return codes
}

// checkComplete holds what the contract says of completeness: complete is true
// exactly with status 200, and then no source failed and nothing is missing.
func checkComplete(status int, body []byte) error {
	var told struct {
		Complete *bool
		Sources  []struct{ Status string }
		Notices  []json.RawMessage
	}
	if json.Unmarshal(body, &told) != nil || told.Complete == nil {
		return nil
	}
	if *told.Complete != (status == http.StatusOK) {
		return fmt.Errorf("complete is %t with status %d", *told.Complete, status)
	}
	if *told.Complete && len(told.Notices) > 0 {
		return fmt.Errorf("a complete answer has %d notices", len(told.Notices))
	}
	for _, source := range told.Sources {
		if *told.Complete && source.Status != "ok" {
			return fmt.Errorf("a complete answer has a source that is %s", source.Status)
		}
	}
	return nil
}
