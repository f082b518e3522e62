package valuesets_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/valuesets"
)

var update = flag.Bool("update", false, "rewrite testdata/welsh.txt") //nolint:gochecknoglobals // a flag of the test

// TestTranslation compares what is translated with testdata/welsh.txt: for each
// file how much, whether it is reviewed, and what is missing. A person who adds
// a phrase without Welsh sees it there, and so does the translator.
func TestTranslation(t *testing.T) {
	const golden = "testdata/welsh.txt"
	got := translationReport(t)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the translation has changed: read the difference and run go test ./valuesets -update\n%s", got)
	}
}

func translationReport(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	all := texts(t, sentences, names)
	for _, name := range yamlFiles(t) {
		if files()[name] == noWords {
			continue
		}
		var translated, total int
		var missing []string
		for _, x := range all {
			if x.file != name || x.by[wording.English] == "" { // a plural form that English lacks
				continue
			}
			total++
			if x.by[wording.Welsh] != "" {
				translated++
				continue
			}
			missing = append(missing, strings.Join(x.at, ": "))
		}
		fmt.Fprintf(&b, "%s: %d of %d in Welsh (%s)\n", name, translated, total, statusOf(t, name))
		for _, at := range missing {
			fmt.Fprintf(&b, "  %s\n", at)
		}
	}
	return b.String()
}

// statusOf is what a file says of its Welsh.
func statusOf(t *testing.T, name string) string {
	t.Helper()
	var file struct {
		Languages map[wording.Lang]struct{ Reviewed bool } `yaml:"languages"`
	}
	if err := yaml.Unmarshal([]byte(read(t, valuesets.FS(), name)), &file); err != nil {
		t.Fatal(err)
	}
	status, offered := file.Languages[wording.Welsh]
	switch {
	case !offered:
		return "not listed"
	case !status.Reviewed:
		return "a draft"
	}
	return "reviewed"
}

// TestTranslationsHaveTheSameSlots shows for every file that loading refuses a
// translation whose slots ({date} and the like) are not those of the English.
func TestTranslationsHaveTheSameSlots(t *testing.T) {
	spoilt := map[string]bool{}
	for _, x := range texts(t, sentences) {
		welsh := x.by[wording.Welsh]
		if welsh == "" || spoilt[x.file] {
			continue
		}
		spoilt[x.file] = true
		if _, err := wording.Load(spoil(t, x.file, welsh, "{slot} "+welsh), wording.AllDrafts()); err == nil && x.file != wording.FileDisclosure {
			t.Errorf("%s: a slot that English lacks was accepted", x)
		}
	}
}

// spoil is the embedded files with other words in one of them.
func spoil(t *testing.T, file, before, after string) fs.FS {
	t.Helper()
	raw := read(t, valuesets.FS(), file)
	if !strings.Contains(raw, before) {
		t.Fatalf("%s has no %q", file, before)
	}
	return valuesets.Over(mapFile(file, strings.Replace(raw, before, after, 1)))
}
