package patientcare

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawJSON draws any value, with keys and texts that a cursor could trip over.
func drawJSON() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any { return drawValue(t, 4) })
}

func drawValue(t *rapid.T, depth int) any {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"resourceType", "value", "system", `\"}]`, `a\`, "{[,:", "Task", "\u2028", ""}))
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Float64Range(-1e9, 1e9).Draw(t, "number")
	case 5:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	case 6:
		members := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			members[texts.Draw(t, "name")] = drawValue(t, depth-1)
		}
		return members
	}
	return texts.Draw(t, "text")
}

// TestCursorAgreesWithJSON: it passes exactly one value, and finds the type that
// encoding/json finds.
func TestCursorAgreesWithJSON(t *testing.T) {
	owner := own(t)
	rapid.Check(t, func(t *rapid.T) {
		v := drawJSON().Draw(t, "value")
		indent := rapid.SampledFrom([]string{"", " ", "\t\n\r"}).Draw(t, "indent")
		body, err := json.MarshalIndent(v, "", indent)
		if err != nil {
			t.Fatal(err)
		}
		c := cursor{text: append(body, " 0"...)}
		c.skip()
		if rest := string(c.text[c.at:]); strings.TrimSpace(rest) != "0" {
			t.Fatalf("%s leaves %q", body, rest)
		}
		var k struct {
			ResourceType any `json:"resourceType"`
		}
		want := ""
		if json.Unmarshal(body, &k) == nil {
			want, _ = k.ResourceType.(string)
		}
		if got := kindOf(body); got != want {
			t.Fatalf("%s is a %q, want %q", body, got, want)
		}
		if holdsForeign(body, owner) {
			t.Fatalf("%s names another person", body)
		}
	})
}
