package timeline

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	_ "time/tzdata" // London time must not depend on what the machine has installed
)

// The files of the value sets.
const (
	fileStates        = "states.yaml"
	filePhrases       = "phrases.yaml"
	fileSpecialties   = "specialties.yaml"
	filePriorities    = "priorities.yaml"
	fileTypes         = "appointment-types.yaml"
	fileReviews       = "reviews.yaml"
	fileOrganisations = "organisations.yaml"
	fileDisclosure    = "disclosure.yaml"
)

// ValueSets are the words, codes and policy by which facts become a timeline.
// They are read once, never change, and are safe for use by many goroutines.
type ValueSets struct {
	version, policyVersion string
	london                 *time.Location

	faces       map[face]stateWords
	phrases     map[sayKey]phrase
	counts      map[sayKey]counted // summary_action and the notices, under "notice_" and their code
	calendar    calendarWords
	specialties specialties
	priorities  map[string]priority
	types       map[string]appointmentType
	reviews     map[string]reviewWords
	casing      casing
	names       map[string]string // organisation names that no rule gets right, by their capitals
	policy      policy
}

// Version identifies all the value sets by their content. It goes into audit
// entries and cache keys; it changes when any file changes by one byte.
func (v *ValueSets) Version() string { return v.version }

// PolicyVersion identifies the disclosure policy: its declared version and a
// digest of its file.
func (v *ValueSets) PolicyVersion() string { return v.policyVersion }

// Fault is one thing wrong with the value sets.
type Fault struct {
	File   string
	Line   int // from 1; 0 where the fault is of the whole file
	Reason string
}

// Error tells file, line and reason.
func (f *Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Reason
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason)
}

// Load reads and checks every file of the value sets from the root of fsys. On
// failure the error joins one [Fault] for each thing that is wrong, and the
// caller MUST NOT serve. A YAML file that no part of this package reads is a
// fault too: a misspelt override must not pass for a working one. Names that
// begin with a dot are skipped, as mounted configuration has them.
func Load(fsys fs.FS) (*ValueSets, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("find London time: %w", err)
	}
	v := &ValueSets{london: london}
	readers := map[string]func(*document){
		fileStates:        v.readStates,
		filePhrases:       v.readPhrases,
		fileSpecialties:   v.readSpecialties,
		filePriorities:    v.readPriorities,
		fileTypes:         v.readTypes,
		fileReviews:       v.readReviews,
		fileOrganisations: v.readOrganisations,
		fileDisclosure:    v.readDisclosure,
	}
	faults := strangers(fsys, readers)
	whole := sha256.New()
	files := make([]string, 0, len(readers))
	for name := range readers {
		files = append(files, name)
	}
	slices.Sort(files)
	var policyDeclared string
	var policySum [sha256.Size]byte
	documents := make([]*document, 0, len(files))
	for _, name := range files {
		d, err := openDocument(fsys, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		documents = append(documents, d)
		readers[name](d)
		faults = append(faults, d.faults...)
		whole.Write(fmt.Appendf(nil, "%s\x00%d\x00", name, len(d.raw)))
		whole.Write(d.raw)
		if name == fileDisclosure {
			policyDeclared, policySum = d.version, sha256.Sum256(d.raw)
		}
	}
	if len(faults) == 0 {
		for _, d := range documents {
			faults = append(faults, v.disclosingWords(d)...)
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("load value sets: %w", errors.Join(faults...))
	}
	v.version = "vs-" + shortDigest(whole.Sum(nil))
	v.policyVersion = policyDeclared + "-" + shortDigest(policySum[:])
	return v, nil
}

func shortDigest(sum []byte) string { return hex.EncodeToString(sum[:8]) }

// strangers are YAML files that nothing reads.
func strangers(fsys fs.FS, known map[string]func(*document)) []error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return []error{fmt.Errorf("list the files: %w", err)}
	}
	var faults []error
	for _, entry := range entries {
		name := entry.Name()
		ext := path.Ext(name)
		if strings.HasPrefix(name, ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if known[name] == nil {
			faults = append(faults, &Fault{File: name, Reason: "no value set has this name"})
		}
	}
	return faults
}
