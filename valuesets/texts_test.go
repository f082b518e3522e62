package valuesets_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// holds says what the words of a file are, and so which checks they must pass.
type holds int

const (
	sentences holds = iota // all checks
	names                  // names of specialties: no reading age; the policy says which may be told
	noWords                // codes and spellings: nothing that is read as it is written
)

// files must name every YAML file of this folder. A new file fails
// TestEveryFileIsChecked until somebody decides which checks its words must pass.
func files() map[string]holds {
	return map[string]holds{
		"access-log.yaml":        sentences,
		"appointment-types.yaml": sentences,
		"disclosure.yaml":        sentences,
		"organisations.yaml":     noWords,
		"phrases.yaml":           sentences,
		"priorities.yaml":        sentences,
		"problems.yaml":          sentences,
		"reviews.yaml":           sentences,
		"specialties.yaml":       names,
		"states.yaml":            sentences,
	}
}

// text is one phrase as it is written, by language.
type text struct {
	file string
	at   []string
	by   map[wording.Lang]string
}

func (x text) String() string { return x.file + ": " + strings.Join(x.at, ": ") }

// forDevelopers reports whether a text speaks to the maker of an app: it is a
// problem's, and a person in a browser reads another one, under "page".
func (x text) forDevelopers(all []text) bool {
	const codeAndPart = 3
	if x.file != "problems.yaml" || len(x.at) != codeAndPart {
		return false
	}
	page := []string{x.at[0], x.at[1], "page", x.at[2]}
	return slices.ContainsFunc(all, func(y text) bool { return y.file == x.file && slices.Equal(y.at, page) })
}

// texts are the phrases of all files that hold such words, in the order of the files.
func texts(t *testing.T, want ...holds) []text {
	t.Helper()
	var found []text
	for _, name := range yamlFiles(t) {
		if !slices.Contains(want, files()[name]) {
			continue
		}
		var tree yaml.MapSlice
		if err := yaml.UnmarshalWithOptions([]byte(read(t, valuesets.FS(), name)), &tree, yaml.UseOrderedMap()); err != nil {
			t.Fatal(err)
		}
		found = append(found, phrasesIn(name, nil, tree)...)
	}
	return found
}

func phrasesIn(file string, at []string, node yaml.MapSlice) []text {
	var found []text
	phrase := text{file: file, at: at, by: map[wording.Lang]string{}}
	for _, item := range node {
		key, ok := item.Key.(string)
		if !ok || len(at) == 0 && key == "languages" {
			continue
		}
		switch value := item.Value.(type) {
		case yaml.MapSlice:
			found = append(found, phrasesIn(file, append(slices.Clone(at), key), value)...)
		case string:
			if lang := wording.Lang(key); lang == wording.English || lang == wording.Welsh {
				phrase.by[lang] = value
			}
		}
	}
	if len(phrase.by) > 0 {
		found = append(found, phrase)
	}
	return found
}

func yamlFiles(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(valuesets.FS(), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryFileIsChecked(t *testing.T) {
	all := yamlFiles(t)
	for _, name := range all {
		if _, known := files()[name]; !known {
			t.Errorf("%s: say in files() which checks its words must pass", name)
		}
	}
	for name, what := range files() {
		if !slices.Contains(all, name) {
			t.Errorf("%s is not there", name)
		}
		if found := texts(t, what); what != noWords && !slices.ContainsFunc(found, func(x text) bool { return x.file == name }) {
			t.Errorf("%s: no words were found", name)
		}
	}
}

func load(t *testing.T) *wording.Set {
	t.Helper()
	set, err := wording.Load(valuesets.FS(), wording.AllDrafts())
	if err != nil {
		t.Fatal(err)
	}
	return set
}
