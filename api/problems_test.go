package api_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func TestTheDocumentListsExactlyTheCodesThatTheServiceHas(t *testing.T) {
	t.Parallel()
	var listed, known []string
	listed = codes(document(t).Components.Schemas["ProblemCode"].Value.Extensions["x-extensible-enum"])
	for _, code := range problem.Codes() {
		known = append(known, string(code))
	}
	slices.Sort(listed)
	slices.Sort(known)
	if !slices.Equal(listed, known) {
		t.Errorf("the document lists %v, the service has %v", listed, known)
	}
}

// codes are those of an extension of the document.
func codes(extension any) []string {
	var all []string
	for _, code := range extension.([]any) { //nolint:forcetypeassert,errcheck // another type fails the test, loudly
		all = append(all, code.(string)) //nolint:forcetypeassert,errcheck // the same
	}
	return all
}

// problemBody is the body of one answer of the document that is a problem.
type problemBody struct {
	where    string
	status   string
	codes    []string
	examples []example
}

type example struct{ Title, Detail, NextStep, Code string }

func problemBodies(t *testing.T) []problemBody {
	t.Helper()
	doc := document(t)
	var all []problemBody
	add := func(where, status string, r *openapi3.Response) {
		content := r.Content["application/problem+json"]
		if content == nil {
			return
		}
		b := problemBody{where: where, status: status, codes: codes(content.Extensions["x-problem-codes"])}
		for _, e := range content.Examples {
			text, err := json.Marshal(e.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			var shown example
			if err := json.Unmarshal(text, &shown); err != nil {
				t.Fatal(err)
			}
			b.examples = append(b.examples, shown)
		}
		all = append(all, b)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, r := range op.Responses.Map() {
				add(method+" "+path, status, r.Value)
			}
		}
	}
	for _, name := range []string{"NotFound", "MethodNotAllowed"} { // these stand for any address
		add(name, "", doc.Components.Responses[name].Value)
	}
	return all
}

func TestEveryCodeIsAnAnswerOfSomeOperation(t *testing.T) {
	t.Parallel()
	bodies := problemBodies(t)
	for _, code := range problem.Codes() {
		if !slices.ContainsFunc(bodies, func(b problemBody) bool { return slices.Contains(b.codes, string(code)) }) {
			t.Errorf("%s: no operation answers with it", code)
		}
	}
}

func TestEveryCodeStandsUnderItsOwnStatus(t *testing.T) {
	t.Parallel()
	for _, b := range problemBodies(t) {
		for _, code := range b.codes {
			if status := problem.New(problem.Code(code), nil).Status(); b.status != "" && b.status != text(status) {
				t.Errorf("%s: %s stands under %s and has status %d", b.where, code, b.status, status)
			}
		}
	}
}

func TestEveryCodeOfAnAnswerHasAnExampleInTheServicesOwnWords(t *testing.T) {
	t.Parallel()
	set, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range problemBodies(t) {
		var shown []string
		for _, e := range b.examples {
			shown = append(shown, e.Code)
			said := set.Problem(e.Code, "", wording.ByApp, wording.English)
			// The detail may say more exactly what happened.
			if e.Title != said.Title.Text || e.NextStep != said.NextStep.Text {
				t.Errorf("%s: the example of %s says %q, %q; the service %q, %q", b.where, e.Code, e.Title, e.NextStep, said.Title, said.NextStep)
			}
		}
		slices.Sort(shown)
		if codes := slices.Sorted(slices.Values(b.codes)); !slices.Equal(codes, shown) {
			t.Errorf("%s %s: codes %v, examples %v", b.where, b.status, codes, shown)
		}
	}
}

func text(status int) string {
	b, _ := json.Marshal(status) // an int always can be
	return string(b)
}
