package wording

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// maxDocument bounds one file of the value sets, in bytes.
const maxDocument = 1 << 20

// Document is one YAML file being read, with the faults found in it.
type Document struct {
	name    string
	raw     []byte
	version string
	tree    *ast.File
	shown   Languages
	listed  map[Lang]bool // the languages that the file says it has
	partly  bool          // not every phrase needs every language that is shown
	faults  []error
}

// Header is at the top of every file.
type Header struct {
	// Version is chosen by the person who edits the file.
	Version string `yaml:"version"`
	// Languages says which words a person qualified to do so has read; empty: the file
	// has no words.
	Languages map[Lang]languageStatus `yaml:"languages"`
}

// languageStatus says how far words in a language can be trusted.
type languageStatus struct {
	Reviewed bool `yaml:"reviewed"`
}

// OpenDocument reads one file and parses it as YAML. Of its words, those in English
// and in the languages that are shown are kept.
func OpenDocument(fsys fs.FS, name string, shown Languages) (*Document, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, &Fault{File: name, Reason: reason(err)}
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxDocument+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, &Fault{File: name, Reason: reason(err)}
	}
	if len(raw) > maxDocument {
		return nil, &Fault{File: name, Reason: fmt.Sprintf("larger than %d bytes", maxDocument)}
	}
	d := &Document{name: name, raw: raw, shown: shown}
	if d.tree, err = parser.ParseBytes(raw, 0); err != nil {
		return nil, d.yamlFault(err)
	}
	return d, nil
}

// reason is why a file could not be read, without the path of the machine.
func reason(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "the file is missing"
	}
	var where *fs.PathError
	if errors.As(err, &where) {
		return "cannot read: " + where.Err.Error()
	}
	return "cannot read: " + err.Error()
}

// Decode reads the document into a struct that embeds header; a field that the
// struct does not have is a fault. It reports whether reading can go on.
func (d *Document) Decode(into any, head *Header) bool {
	if err := yaml.UnmarshalWithOptions(d.raw, into, yaml.Strict()); err != nil {
		d.faults = append(d.faults, d.yamlFault(err))
		return false
	}
	if d.version = head.Version; referral.Token(d.version, 32) == nil {
		d.Fault("a version of at most 32 letters, digits, points and dashes is needed", "version")
	}
	d.listed = make(map[Lang]bool, len(head.Languages))
	for lang := range head.Languages {
		if lang != English && lang != Welsh {
			d.Fault("this language is not known here", "languages", string(lang))
		}
		d.listed[lang] = true
	}
	for _, lang := range d.shown.Shown {
		if len(head.Languages) > 0 && !d.shown.Drafts && lang != English && !head.Languages[lang].Reviewed {
			d.Fault("nobody has reviewed these words, so that they cannot be shown (PCA_LANGUAGES)", "languages", string(lang))
		}
	}
	return true
}

func (d *Document) yamlFault(err error) error {
	var positioned yaml.Error
	if errors.As(err, &positioned) {
		line := 0
		if t := positioned.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
		return &Fault{File: d.name, Line: line, Reason: positioned.GetMessage()}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return &Fault{File: d.name, Reason: first}
}

// Faults are what was found wrong so far.
func (d *Document) Faults() []error { return d.faults }

// VersionAndDigest is the declared version with a digest of the file.
func (d *Document) VersionAndDigest() string {
	sum := sha256.Sum256(d.raw)
	return d.version + "-" + shortDigest(sum[:])
}

// Fault records what is wrong at a path of keys; the line is that of the
// deepest key that is there.
func (d *Document) Fault(why string, at ...string) {
	d.faults = append(d.faults, &Fault{File: d.name, Line: d.line(at), Reason: strings.Join(at, ": ") + ": " + why})
}

func (d *Document) line(at []string) int {
	if d.tree == nil || len(d.tree.Docs) == 0 {
		return 0
	}
	node, line := d.tree.Docs[0].Body, 0
	for _, key := range at {
		mapping, ok := node.(*ast.MappingNode)
		if !ok {
			return line
		}
		i := slices.IndexFunc(mapping.Values, func(v *ast.MappingValueNode) bool {
			return strings.Trim(v.Key.String(), `"'`) == key
		})
		if i < 0 {
			return line
		}
		line = mapping.Values[i].Key.GetToken().Position.Line
		node = mapping.Values[i].Value
	}
	return line
}

// SlotContact stands in a phrase for whom to phone, with the number where it is known.
const SlotContact = "contact"

// Words are one phrase as it is written, by language.
type Words map[Lang]string

// contactSlot lists the slot for whom to phone where the English words have it: a
// phrase then needs it in every language.
func (w Words) contactSlot() []string {
	if strings.Contains(w[English], "{"+SlotContact+"}") {
		return []string{SlotContact}
	}
	return nil
}

// Phrase reads one phrase with exactly these slots. Words in a language that is
// not shown are checked and left out.
func (d *Document) Phrase(raw Words, slots []string, at ...string) Phrase {
	if raw[English] == "" {
		d.Fault("English words are missing", at...)
		return nil
	}
	d.wantWhole(raw, at...)
	return d.words(raw, slots, at...)
}

// wantWhole notes each language that is shown and that a phrase does not have.
func (d *Document) wantWhole(raw Words, at ...string) {
	for _, lang := range d.shown.Shown {
		if raw[lang] == "" && !d.partly {
			d.Fault("the language "+string(lang)+" is to be shown (PCA_LANGUAGES) and has no words here", at...)
		}
	}
}

// words is Phrase for words that need not be there in English.
func (d *Document) words(raw Words, slots []string, at ...string) Phrase {
	p := make(Phrase, len(raw))
	for _, lang := range slices.Sorted(maps.Keys(raw)) {
		if !d.listed[lang] {
			d.Fault("this language is not listed under languages", append(at, string(lang))...)
			continue
		}
		t, err := parseTemplate(raw[lang], slots)
		if err != nil {
			d.Fault(err.Error(), append(at, string(lang))...)
			continue
		}
		if d.shown.has(lang) {
			p[lang] = t
		}
	}
	return p
}
