package powercuttest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const none = "no such file"

// left are the different contents that 1,000 cuts after these events leave of the file f.
func left(events ...event) []string {
	d := newDisk()
	for _, e := range events {
		d.apply(e)
	}
	found := map[string]bool{}
	for n := range 1000 {
		content, ok := d.cut(random(1, n))["f"]
		if !ok {
			content = []byte(none)
		}
		found[string(content)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func TestWhatAPowerCutLeaves(t *testing.T) {
	write := func(at int64, text string) event { return event{kind: written, name: "f", at: at, bytes: []byte(text)} }
	begins, ends := event{kind: syncBegins, name: "f"}, event{kind: syncEnds, name: "f"}
	other, otherEnds := event{kind: syncBegins, name: "f", thread: 1}, event{kind: syncEnds, name: "f", thread: 1}
	create, remove, empty := event{kind: created, name: "f"}, event{kind: removed, name: "f"}, event{kind: resized, name: "f"}
	named := []event{create, {kind: syncBegins}, {kind: syncEnds}}
	holds := func(text string) []event { return slices.Concat(named, []event{write(0, text), begins, ends}) }
	sectors := func(letters string) string {
		var text strings.Builder
		for _, c := range letters {
			text.WriteString(strings.Repeat(string(c), 512))
		}
		return text.String()
	}

	for name, c := range map[string]struct {
		events []event
		only   []string // nothing else is left
		also   []string // is left, besides anything else
	}{
		"what was synced is there":                            {holds("a"), []string{"a"}, nil},
		"a name is sure only after the folder was synced":     {[]event{create, write(0, "a"), begins, ends}, []string{"a", none}, nil},
		"a removed name may come back":                        {append(holds("a"), remove), []string{"a", none}, nil},
		"a name that came back may be the old file's":         {append(holds("a"), remove, create, write(0, "b"), begins, ends), []string{"a", "b", none}, nil},
		"a file that was made shorter may be as before":       {append(holds("ab"), empty), []string{"", "ab"}, nil},
		"no byte beside those that were written changes":      {append(holds("abc"), write(1, "x")), []string{"abc", "axc"}, nil},
		"a sync is about what was written before it began":    {append(holds("a"), begins, write(0, "b"), ends), []string{"a", "b"}, nil},
		"and not about what another sync was about":           {append(holds("a"), write(0, "b"), begins, other, ends, write(0, "c"), otherEnds), []string{"b", "c"}, nil},
		"sectors are written in any order":                    {append(holds(sectors("oo")), write(0, sectors("ab"))), nil, []string{sectors("oo"), sectors("ao"), sectors("ob"), sectors("ab")}},
		"and each as it was at any moment":                    {append(holds(sectors("oo")), write(0, sectors("aa")), write(0, sectors("bb"))), nil, []string{sectors("ob"), sectors("ba"), sectors("ao")}},
		"a longer file may have zeros":                        {append(holds("a"), write(1, "b")), nil, []string{"a", "ab", "a\x00"}},
		"a sector may be torn between two writes of a sector": {append(holds("oooo"), write(0, "aaaa")), []string{"aaaa", "aaao", "aaoo", "aooo", "oooo"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := left(c.events...)
			if c.only != nil && !slices.Equal(got, slices.Sorted(slices.Values(c.only))) {
				t.Errorf("%q is left instead of %q", got, c.only)
			}
			for _, want := range c.also {
				if !slices.Contains(got, want) {
					t.Errorf("%q is never left", want)
				}
			}
		})
	}
	t.Run("or anything", func(t *testing.T) {
		if got := left(append(holds("a"), write(1, "b"))...); len(got) < 10 {
			t.Errorf("only %q is left", got)
		}
	})
}
