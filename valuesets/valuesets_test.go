package valuesets_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/patient-care-aggregator/aggregator/valuesets"
)

func read(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestOver(t *testing.T) {
	over := valuesets.Over(fstest.MapFS{
		"states.yaml": {Data: []byte("mine")},
		"extra.yaml":  {Data: []byte("new")},
	})
	t.Run("an overriding file takes the embedded one's place", func(t *testing.T) {
		if got := read(t, over, "states.yaml"); got != "mine" {
			t.Errorf("got %.20q", got)
		}
	})
	t.Run("what is not overridden is the embedded file", func(t *testing.T) {
		if read(t, over, "phrases.yaml") != read(t, valuesets.FS(), "phrases.yaml") {
			t.Error("another file")
		}
	})
	t.Run("the listing has both, once each", func(t *testing.T) {
		entries, err := fs.ReadDir(over, ".")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) || !slices.Contains(names, "extra.yaml") {
			t.Errorf("got %v", names)
		}
	})
	t.Run("a folder that cannot be read is an error and never the embedded set", func(t *testing.T) {
		broken := valuesets.Over(brokenFS{})
		if _, err := fs.ReadDir(broken, "."); err == nil {
			t.Error("the listing fell back")
		}
		if _, err := broken.Open("states.yaml"); err == nil {
			t.Error("the file fell back")
		}
	})
}

// brokenFS fails in a way that is not "does not exist".
type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, errors.New("the disk is gone") }
