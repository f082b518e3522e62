package wording

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	fileProblems      = "problems.yaml"
	fileAccessLog     = "access-log.yaml"
	// FileDisclosure is read by internal/disclosure; here it only counts towards
	// the version.
	FileDisclosure = "disclosure.yaml"
)

// Set is the words and codes by which facts become a timeline. It is read once,
// never changes, and is safe for use by many goroutines.
type Set struct {
	version   string
	london    *time.Location
	languages Languages

	states      map[StateKey]StateWords
	phrases     map[Key]Phrase
	counts      map[Key]counted // summary_action and the notices, under "notice_" and their code
	calendar    calendarWords
	specialties specialties
	priorities  map[string]Priority
	types       map[string]AppointmentType
	reviews     map[string]ReviewWords
	problems    map[string]problemWords
	details     map[string]Phrase // of problems, by their own keys
	nextSteps   map[string]Phrase // of problems, by the same keys
	access      accessLog
	casing      casing
	names       map[string]string // organisation names that no rule gets right, by their capitals
	leftOut     []string          // of the names of services, in capitals
}

// Version identifies all the value sets by their content. It goes into audit
// entries and cache keys; it changes when any file changes by one byte, that of
// the disclosure policy included.
func (s *Set) Version() string { return s.version }

// Fault is one thing wrong with the value sets.
type Fault struct {
	File   string
	Line   int // from 1; 0 where the fault is of the whole file
	Reason string
}

// Error is the file, the line and the reason.
func (f *Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Reason
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason)
}

// Load reads and checks every file of the value sets from the root of fsys but
// the disclosure policy, which internal/disclosure reads, for a deployment that
// speaks these languages. On failure the error
// joins one [Fault] for each thing that is wrong, and the caller MUST NOT serve.
// A YAML file that nothing reads is a fault too: a misspelt override must not
// pass for a working one. Names that begin with a dot are skipped, because
// mounted configuration has them.
func Load(fsys fs.FS, languages Languages) (*Set, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("find London time: %w", err)
	}
	s := &Set{london: london, languages: languages}
	readers := map[string]func(*Document){
		fileStates:        s.readStates,
		filePhrases:       s.readPhrases,
		fileSpecialties:   s.readSpecialties,
		filePriorities:    s.readPriorities,
		fileTypes:         s.readTypes,
		fileReviews:       s.readReviews,
		fileOrganisations: s.readOrganisations,
		fileProblems:      s.readProblems,
		fileAccessLog:     s.readAccessLog,
		FileDisclosure:    nil,
	}
	faults := unknownFiles(fsys, readers)
	whole := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(readers)) {
		d, err := OpenDocument(fsys, name, languages)
		if err != nil {
			if name != FileDisclosure { // internal/disclosure reports it
				faults = append(faults, err)
			}
			continue
		}
		if read := readers[name]; read != nil {
			read(d)
		}
		faults = append(faults, d.faults...)
		whole.Write(fmt.Appendf(nil, "%s\x00%d\x00", name, len(d.raw)))
		whole.Write(d.raw)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("load value sets: %w", errors.Join(faults...))
	}
	s.version = "vs-" + shortDigest(whole.Sum(nil))
	return s, nil
}

// Phrases calls visit for every phrase that a softened referral could be shown
// with, and for the place where it is written: its file and the path of keys.
// The words of specialties are not among them: the policy has a list of those
// that it allows.
func (s *Set) Phrases(visit func(file string, at []string, p Phrase)) {
	for _, key := range slices.Sorted(maps.Keys(s.states)) {
		w := s.states[key]
		for part, p := range map[string]Phrase{"title": w.Title, "description": w.Description, "description_by": w.DescriptionBy, "next_step": w.NextStep} {
			visit(fileStates, []string{"states", string(key), part}, p)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.phrases)) {
		visit(filePhrases, []string{"phrases", string(key)}, s.phrases[key])
	}
	for _, key := range slices.Sorted(maps.Keys(s.counts)) {
		for _, f := range forms() {
			visit(filePhrases, []string{"counted", string(key), f.name}, s.counts[key][f.form])
		}
	}
	for _, code := range slices.Sorted(maps.Keys(s.priorities)) {
		visit(filePriorities, []string{"priorities", code, "display"}, s.priorities[code].Display)
	}
	for _, code := range slices.Sorted(maps.Keys(s.types)) {
		visit(fileTypes, []string{"appointment_types", code, "display"}, s.types[code].Display)
		visit(fileTypes, []string{"appointment_types", code, "next_step"}, s.types[code].NextStep)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.reviews)) {
		visit(fileReviews, []string{"reviews", kind, "due"}, s.reviews[kind].Due)
		visit(fileReviews, []string{"reviews", kind, "overdue"}, s.reviews[kind].Overdue)
	}
	s.problemPhrases(visit)
	s.accessPhrases(visit)
}

func shortDigest(sum []byte) string { return hex.EncodeToString(sum[:8]) }

// unknownFiles are YAML files that nothing reads.
func unknownFiles(fsys fs.FS, known map[string]func(*Document)) []error {
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
		if _, ok := known[name]; !ok {
			faults = append(faults, &Fault{File: name, Reason: "no value set has this name"})
		}
	}
	return faults
}
