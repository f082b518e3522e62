package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestCommandsOfTheDocumentsAreWhatTheProgramTakes parses every command that is on
// a line of its own in the documents for auditors and operators.
func TestCommandsOfTheDocumentsAreWhatTheProgramTakes(t *testing.T) {
	var files []string
	for _, root := range []string{"../../docs/auditors.md", "../../docs/runbooks"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				path, err = filepath.Abs(path)
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	texts := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = text
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"export.ndjson", "entry.ndjson", "consistency.json"} { // files that a command wants to be there
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	line := regexp.MustCompile(`(?m)^ {4,}aggregator (.*)$`)
	word := regexp.MustCompile(`"[^"]*"|\S+`)
	found := 0
	for file, text := range texts {
		for _, match := range line.FindAllSubmatch(text, -1) {
			command, _, _ := bytes.Cut(match[1], []byte(" > "))
			var args []string
			for _, w := range word.FindAllString(string(command), -1) {
				args = append(args, strings.Trim(w, `"`))
			}
			var c commands
			parser, err := kong.New(&c, kong.Exit(func(int) {}), variables())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("%s: aggregator %s: %v", filepath.Base(file), command, err)
			}
			found++
		}
	}
	if found < 10 {
		t.Errorf("only %d commands were found", found)
	}
}
