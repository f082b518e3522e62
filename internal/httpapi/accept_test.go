package httpapi

import (
	"strings"
	"testing"
)

func TestAPageIsForWhoeverNamesHTMLAndDoesNotLikeJSONBetter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		accept string
		want   bool
	}{
		"a browser":                     {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
		"HTML in capitals":              {"TEXT/HTML", true},
		"nothing said":                  {"", false},
		"anything at all":               {"*/*", false},
		"any text":                      {"text/*", false},
		"JSON":                          {"application/json", false},
		"JSON before HTML":              {"application/json, text/html;q=0.9", false},
		"a problem before HTML":         {"application/problem+json, text/html;q=0.9", false},
		"HTML before JSON":              {"text/html, application/json;q=0.9", true},
		"HTML refused":                  {"text/html;q=0, */*", false},
		"a weight that is no number":    {"text/html;q=high", false},
		"longer than anybody's browser": {"text/html" + strings.Repeat(", text/html", 200), false},
	} {
		if got := prefersHTML(c.accept); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
