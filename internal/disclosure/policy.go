package disclosure

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Level is how much of a referral's kind of care is told.
type Level int

// The levels, in rising order of caution.
const (
	Show   Level = iota
	Soften       // only words of the policy's own lists for specialty, service and type
	Hide         // as Soften, and neither provider nor places
)

// Policy is the disclosure policy of disclosure.yaml. It never changes and is
// safe for use by many goroutines.
type Policy struct {
	// Disclose turns off the protection against disclosing a suspected cancer.
	Disclose bool
	// Softened is what may still be told of a softened referral.
	Softened Softened

	version string
	// priorities tell of a suspected cancer. An unknown priority does too.
	priorities map[string]bool
	cancer     matcher
	// places are words that tell in the name of a place of a softened referral.
	places    matcher
	sensitive []sensitiveCare
}

// sensitiveCare is one kind of care that the policy treats with care.
type sensitiveCare struct {
	level       Level
	specialties map[string]bool
	triggers    matcher
}

// Softened is what may still be told of a softened referral.
type Softened struct {
	Specialty, Service, Provider, Location, Referrer wording.Phrase

	specialties map[string]bool   // codes told with their own words
	types       map[string]bool   // codes of appointment types
	services    map[string]string // service names, squeezed -> as written here
}

// AllowsSpecialty reports whether a specialty keeps its own words.
func (s *Softened) AllowsSpecialty(code string) bool { return s.specialties[code] }

// AllowsType reports whether a type of appointment is told.
func (s *Softened) AllowsType(code string) bool { return s.types[code] }

// ServiceName returns the name of a service as the policy writes it, and whether
// the policy allows it.
func (s *Softened) ServiceName(name string) (string, bool) {
	allowed, ok := s.services[wording.Fold(name).Squeezed]
	return allowed, ok
}

// Version identifies the policy: its declared version and a digest of its file.
func (p *Policy) Version() string { return p.version }

// Load reads the policy from the root of fsys and checks it, and the words of
// set against it. On failure the error joins one [wording.Fault] for each thing
// that is wrong, and the caller MUST NOT serve. A nil set, of which loading
// failed, is not checked.
func Load(fsys fs.FS, set *wording.Set) (*Policy, error) {
	var shown wording.Languages
	if set != nil {
		shown = set.Languages()
	}
	d, err := wording.OpenDocument(fsys, wording.FileDisclosure, shown)
	if err != nil {
		return nil, fmt.Errorf("load disclosure policy: %w", err)
	}
	p := &Policy{}
	p.read(d)
	p.version = d.VersionAndDigest()
	faults := d.Faults()
	if set != nil && len(faults) == 0 {
		p.checkLists(d, set)
		faults = append(d.Faults(), p.checkWords(fsys, set)...)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("load disclosure policy: %w", errors.Join(faults...))
	}
	return p, nil
}

// triggersRaw are trigger words as disclosure.yaml writes them.
type triggersRaw struct {
	Anywhere   []string `yaml:"anywhere"`
	WholeWords []string `yaml:"whole_words"`
}

func (p *Policy) read(d *wording.Document) {
	var file struct {
		Header wording.Header `yaml:",inline"`
		Cancer struct {
			Disclose   *bool       `yaml:"disclose"`
			Priorities []string    `yaml:"priorities"`
			Triggers   triggersRaw `yaml:"triggers"`
			PlaceWords []string    `yaml:"place_words"`
		} `yaml:"suspected_cancer"`
		Sensitive map[string]struct {
			Action      string      `yaml:"action"`
			Specialties []string    `yaml:"specialties"`
			Triggers    triggersRaw `yaml:"triggers"`
		} `yaml:"sensitive"`
		Softened struct {
			Specialties []string                 `yaml:"specialties"`
			Types       []string                 `yaml:"appointment_types"`
			Services    []string                 `yaml:"service_names"`
			Words       map[string]wording.Words `yaml:"words"`
		} `yaml:"softened"`
	}
	if !d.Decode(&file, &file.Header) {
		return
	}
	if file.Cancer.Disclose == nil {
		d.Fault("say true or false", "suspected_cancer", "disclose")
	} else {
		p.Disclose = *file.Cancer.Disclose
	}
	p.priorities = set(file.Cancer.Priorities)
	if !p.priorities["TWO_WEEK_WAIT"] {
		d.Fault("TWO_WEEK_WAIT must be among them; to disclose, set disclose", "suspected_cancer", "priorities")
	}
	p.cancer = triggers(d, file.Cancer.Triggers, "suspected_cancer", "triggers")
	p.places = triggers(d, triggersRaw{WholeWords: file.Cancer.PlaceWords}, "suspected_cancer", "place_words")
	actions := map[string]Level{"show": Show, "soften": Soften, "hide": Hide}
	for _, name := range slices.Sorted(maps.Keys(file.Sensitive)) {
		raw := file.Sensitive[name]
		action, ok := actions[raw.Action]
		if !ok {
			d.Fault("must be show, soften or hide", "sensitive", name, "action")
		}
		p.sensitive = append(p.sensitive, sensitiveCare{
			level:       action,
			specialties: set(raw.Specialties),
			triggers:    triggers(d, raw.Triggers, "sensitive", name, "triggers"),
		})
	}
	p.Softened = Softened{
		specialties: set(file.Softened.Specialties),
		types:       set(file.Softened.Types),
		services:    make(map[string]string, len(file.Softened.Services)),
	}
	for _, name := range file.Softened.Services {
		if wording.Clean(name) != name || name == "" {
			d.Fault("a name is not plain text", "softened", "service_names")
		}
		p.Softened.services[wording.Fold(name).Squeezed] = name
	}
	places := map[string]*wording.Phrase{
		"specialty": &p.Softened.Specialty, "service": &p.Softened.Service,
		"provider": &p.Softened.Provider, "location": &p.Softened.Location,
		"referrer": &p.Softened.Referrer,
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		*places[name] = d.Phrase(file.Softened.Words[name], nil, "softened", "words", name)
	}
	for _, name := range slices.Sorted(maps.Keys(file.Softened.Words)) {
		if places[name] == nil {
			d.Fault("nothing is softened by this name", "softened", "words", name)
		}
	}
}

// triggers reads trigger words; one that folds to nothing would match everything,
// and a very short one that may occur anywhere nearly so.
func triggers(d *wording.Document, raw triggersRaw, at ...string) matcher {
	const shortest = 3
	for _, text := range raw.Anywhere {
		if f := wording.Fold(text); len(f.Squeezed) < shortest || !f.Judgeable {
			d.Fault("too short to look for inside words: "+text, append(at, "anywhere")...)
		}
	}
	for _, text := range raw.WholeWords {
		if f := wording.Fold(text); f.Squeezed == "" || !f.Judgeable {
			d.Fault("not a word: "+text, append(at, "whole_words")...)
		}
	}
	return newMatcher(raw.Anywhere, raw.WholeWords)
}

func set(names []string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
