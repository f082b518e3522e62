package valuesets_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func mapFile(name, content string) fstest.MapFS {
	return fstest.MapFS{name: {Data: []byte(content)}}
}

// TestTheDisclosurePolicyReadsEveryPhrase: no words of any file, in any language,
// may tell of a suspected cancer. The check at loading must visit them all.
func TestTheDisclosurePolicyReadsEveryPhrase(t *testing.T) {
	set := load(t)
	if _, err := disclosure.Load(valuesets.FS(), set); err != nil {
		t.Fatal(err)
	}
	visited := map[string]bool{}
	set.Phrases(func(file string, at []string, p wording.Phrase) {
		for lang := range p.Literal() {
			visited[text{file: file, at: append(slices.Clone(at), string(lang))}.String()] = true
		}
	})
	for _, x := range texts(t, sentences) {
		if x.file == wording.FileDisclosure || x.at[len(x.at)-1] == "disclosed" { // told only where the deployment discloses
			continue
		}
		for lang := range x.by {
			if where := (text{file: x.file, at: append(slices.Clone(x.at), string(lang))}); !visited[where.String()] {
				t.Errorf("%s is not checked", where)
			}
		}
	}
}

func TestAPhraseThatTellsIsRejectedInEveryFile(t *testing.T) {
	tried := map[string]bool{}
	for _, x := range texts(t, sentences) {
		english := x.by[wording.English]
		if tried[x.file] || english == "" {
			continue
		}
		tried[x.file] = true
		fsys := spoil(t, x.file, english, "Oncology "+english)
		set, err := wording.Load(fsys, wording.AllDrafts())
		if err != nil {
			t.Errorf("%s: %v", x, err)
			continue
		}
		if _, err := disclosure.Load(fsys, set); err == nil || !strings.Contains(err.Error(), "forbids") {
			t.Errorf("%s: %v", x, err)
		}
	}
}
