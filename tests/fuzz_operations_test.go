package tests_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/patient-care-aggregator/aggregator/api"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestEveryOperationHoldsItsContractWhateverIsAsked sends requests at random to every
// operation, as nobody, as a citizen and as an auditor. The harness checks each answer
// against the contract: status, headers, content type, schema, and that a request
// against the contract was refused. PCA_FUZZ_OPERATIONS is how many go to each.
func TestEveryOperationHoldsItsContractWhateverIsAsked(t *testing.T) {
	t.Parallel()
	const seed, few = 9, 12
	count := few
	if n, err := strconv.Atoi(os.Getenv("PCA_FUZZ_OPERATIONS")); err == nil {
		count = n
	}
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	s := harness.Start(t, harness.Env("PCA_RATE_LIMIT_GLOBAL", "off", "PCA_RATE_LIMIT_CITIZEN", "off", "PCA_RATE_LIMIT_ADDRESS", "off"))
	callers := map[string]*harness.Browser{"nobody": s.Browser(), "bella": s.Consented("bella"), "gus": s.Consented("gus"), "ada": s.Auditor("ada")}
	f := &fuzzer{random: rand.New(rand.NewPCG(seed, 0))}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for method, operation := range doc.Paths.Find(path).Operations() {
			for _, name := range slices.Sorted(maps.Keys(callers)) {
				if name != "nobody" && strings.HasSuffix(path, "/logout") {
					continue // nothing would be known of this caller afterwards
				}
				for range count {
					address, headers, body := f.request(path, operation)
					a := callers[name].Must(callers[name].Do(t.Context(), method, address, body, headers...))
					if a.Status == http.StatusInternalServerError {
						t.Errorf("%s %s %s as %s, headers %q, body %s: status 500", method, address, operation.OperationID, name, headers, body)
					}
				}
			}
		}
	}
}

type fuzzer struct{ random *rand.Rand }

func (f *fuzzer) chance(in int) bool { return f.random.IntN(in) == 0 }

func (f *fuzzer) request(path string, o *openapi3.Operation) (address string, headers []string, body []byte) {
	query := url.Values{}
	for _, p := range o.Parameters {
		text := f.text(p.Value.Schema.Value, p.Value.Example)
		switch {
		case p.Value.In == "path":
			if text == "" || strings.ContainsAny(text, "/\\") || strings.Trim(text, ".") == "" {
				text = "x" // what has a slash is another address
			}
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", url.PathEscape(text))
		case f.chance(2) && !p.Value.Required:
		case p.Value.In == "query":
			query.Set(p.Value.Name, text)
		case p.Value.In == "header" && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }):
			headers = append(headers, p.Value.Name, text)
		}
	}
	if f.chance(4) {
		query.Add([]string{"limit", "x", "from", ""}[f.random.IntN(4)], f.odd())
	}
	if f.chance(6) {
		headers = append(headers, "Accept", []string{"text/html", "application/xml", "*/*", "text/html;q=0.9, application/json", "\"", "application/fhir+json"}[f.random.IntN(6)])
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if o.RequestBody == nil {
		return path, headers, nil
	}
	kind := slices.Sorted(maps.Keys(o.RequestBody.Value.Content))[0]
	headers = append(headers, "Content-Type", kind)
	members := f.object(o.RequestBody.Value.Content[kind].Schema.Value)
	if kind == "application/x-www-form-urlencoded" {
		form := url.Values{}
		for name, value := range members {
			text, ok := value.(string)
			if !ok {
				text = f.odd()
			}
			form.Set(name, text)
		}
		return path, headers, []byte(form.Encode())
	}
	text, err := json.Marshal(members)
	if err != nil || f.chance(8) {
		return path, headers, []byte(`{"` + f.odd())
	}
	return path, headers, text
}

func (f *fuzzer) object(s *openapi3.Schema) map[string]any {
	members := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if f.chance(6) {
			continue
		}
		each := s.Properties[name].Value
		switch {
		case f.chance(8):
			members[name] = []any{nil, 1.5, true, []any{}, map[string]any{}}[f.random.IntN(5)]
		case each.Type.Is(openapi3.TypeArray):
			members[name] = []any{f.text(each.Items.Value, nil)}
		default:
			members[name] = f.text(each, nil)
		}
	}
	if f.chance(8) {
		members[f.odd()] = f.odd()
	}
	return members
}

// text is mostly what the schema wants, and sometimes anything.
func (f *fuzzer) text(s *openapi3.Schema, example any) string {
	if f.chance(3) {
		return f.odd()
	}
	if text, ok := example.(string); ok && f.chance(2) {
		return text
	}
	codes := s.Enum
	if listed, ok := s.Extensions["x-extensible-enum"].([]any); ok {
		codes = listed
	}
	switch {
	case len(codes) > 0:
		text, _ := codes[f.random.IntN(len(codes))].(string)
		return text
	case s.Type.Is(openapi3.TypeInteger):
		return strconv.Itoa(f.random.IntN(300) - 100)
	case s.Format == "date":
		return "2026-03-0" + strconv.Itoa(f.random.IntN(10))
	case s.Format == "date-time":
		return "2026-03-02T10:00:00Z"
	case strings.Contains(s.Pattern, "{22}"):
		return strings.Repeat("A", 22)
	}
	return []string{"timeline:read", "web", "2026-11-01", "grant", "9990000018", "an enquiry of the citizen"}[f.random.IntN(6)]
}

func (f *fuzzer) odd() string {
	odd := []string{
		"", " ", "0", "-1", "1e3", "null", "../..", "%00", "a\x00b", "\xff", "\u202e", "Ω", "'; DROP TABLE entries; --", "<script>", "9990000018",
		"2026-02-30", "2026-13-01T00:00:00Z", "99999999999999999999", strings.Repeat("9", 600), "{}", "[]", "W/\"x\"", "*", "javascript:alert(1)", "//example.org/", "\r\nX: y",
	}
	return odd[f.random.IntN(len(odd))]
}
