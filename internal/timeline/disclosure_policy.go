package timeline

import (
	"maps"
	"slices"
)

// level is how much of a referral's kind of care is told.
type level int

const (
	show   level = iota
	soften       // allow-listed words alone for specialty, service and type
	hide         // as soften, and neither provider nor places
)

// policy is the disclosure policy of disclosure.yaml.
type policy struct {
	// disclose turns the protection against telling of a suspected cancer off.
	disclose bool
	// priorities tell of a suspected cancer. A priority that nobody knows does too.
	priorities map[string]bool
	cancer     matcher
	// places are words that tell in the name of a place of a softened referral.
	places    matcher
	sensitive []sensitiveCare
	softened  softenedWords
}

// sensitiveCare is one kind of care that the policy treats with care.
type sensitiveCare struct {
	level       level
	specialties map[string]bool
	triggers    matcher
}

// softenedWords are what may still be told of a softened referral.
type softenedWords struct {
	specialties map[string]bool   // codes told with their own words
	types       map[string]bool   // codes of appointment types
	services    map[string]string // service names, squeezed -> as written here

	specialty, service, provider, location, referrer phrase
}

// triggersRaw are trigger words as disclosure.yaml writes them.
type triggersRaw struct {
	Anywhere   []string `yaml:"anywhere"`
	WholeWords []string `yaml:"whole_words"`
}

func (v *ValueSets) readDisclosure(d *document) {
	var file struct {
		Header header `yaml:",inline"`
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
			Specialties []string         `yaml:"specialties"`
			Types       []string         `yaml:"appointment_types"`
			Services    []string         `yaml:"service_names"`
			Words       map[string]words `yaml:"words"`
		} `yaml:"softened"`
	}
	if !d.decode(&file, &file.Header) {
		return
	}
	if file.Cancer.Disclose == nil {
		d.fault("say true or false", "suspected_cancer", "disclose")
	} else {
		v.policy.disclose = *file.Cancer.Disclose
	}
	v.policy.priorities = set(file.Cancer.Priorities)
	if !v.policy.priorities["TWO_WEEK_WAIT"] {
		d.fault("TWO_WEEK_WAIT must be among them; to disclose, set disclose", "suspected_cancer", "priorities")
	}
	v.policy.cancer = d.triggers(file.Cancer.Triggers, "suspected_cancer", "triggers")
	v.policy.places = d.triggers(triggersRaw{WholeWords: file.Cancer.PlaceWords}, "suspected_cancer", "place_words")
	actions := map[string]level{"show": show, "soften": soften, "hide": hide}
	for _, name := range slices.Sorted(maps.Keys(file.Sensitive)) {
		raw := file.Sensitive[name]
		action, ok := actions[raw.Action]
		if !ok {
			d.fault("must be show, soften or hide", "sensitive", name, "action")
		}
		v.policy.sensitive = append(v.policy.sensitive, sensitiveCare{
			level:       action,
			specialties: set(raw.Specialties),
			triggers:    d.triggers(raw.Triggers, "sensitive", name, "triggers"),
		})
	}
	v.policy.softened = softenedWords{
		specialties: set(file.Softened.Specialties),
		types:       set(file.Softened.Types),
		services:    make(map[string]string, len(file.Softened.Services)),
	}
	for _, name := range file.Softened.Services {
		if cleanText(name) != name || name == "" {
			d.fault("a name is not plain text", "softened", "service_names")
		}
		v.policy.softened.services[fold(name).squeezed] = name
	}
	places := map[string]*phrase{
		"specialty": &v.policy.softened.specialty, "service": &v.policy.softened.service,
		"provider": &v.policy.softened.provider, "location": &v.policy.softened.location,
		"referrer": &v.policy.softened.referrer,
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		*places[name] = d.phrase(file.Softened.Words[name], nil, "softened", "words", name)
	}
	for _, name := range slices.Sorted(maps.Keys(file.Softened.Words)) {
		if places[name] == nil {
			d.fault("nothing is softened by this name", "softened", "words", name)
		}
	}
}

// triggers reads trigger words; one that folds to nothing would match everything,
// and a very short one that may stand anywhere nearly so.
func (d *document) triggers(raw triggersRaw, at ...string) matcher {
	const shortest = 3
	for _, text := range raw.Anywhere {
		if f := fold(text); len(f.squeezed) < shortest || !f.judgeable {
			d.fault("too short to look for inside words: "+text, append(at, "anywhere")...)
		}
	}
	for _, text := range raw.WholeWords {
		if f := fold(text); f.squeezed == "" || !f.judgeable {
			d.fault("not a word: "+text, append(at, "whole_words")...)
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

// disclosingWords are the words of the value sets themselves that would tell of
// a suspected cancer where the policy forbids it. Specialties outside the
// allow-list and the words that are only used when disclosing may.
func (v *ValueSets) disclosingWords(d *document) []error {
	d.faults = nil
	check := func(p phrase, at ...string) {
		for _, lang := range slices.Sorted(maps.Keys(p)) {
			if v.policy.cancer.matches(fold(p[lang].literal())) {
				d.fault("the disclosure policy forbids these words", append(at, string(lang))...)
			}
		}
	}
	switch d.name {
	case fileStates:
		for _, name := range slices.Sorted(maps.Keys(v.faces)) {
			w := v.faces[name]
			check(w.title, "states", string(name), "title")
			check(w.description, "states", string(name), "description")
			check(w.descriptionBy, "states", string(name), "description_by")
			check(w.nextStep, "states", string(name), "next_step")
		}
	case filePhrases:
		for _, key := range slices.Sorted(maps.Keys(v.phrases)) {
			check(v.phrases[key], "phrases", string(key))
		}
		for _, key := range slices.Sorted(maps.Keys(v.counts)) {
			check(v.counts[key].one, "counted", string(key), "one")
			check(v.counts[key].other, "counted", string(key), "other")
		}
	case filePriorities:
		for _, code := range slices.Sorted(maps.Keys(v.priorities)) {
			check(v.priorities[code].display, "priorities", code, "display")
		}
	case fileTypes:
		for _, code := range slices.Sorted(maps.Keys(v.types)) {
			check(v.types[code].display, "appointment_types", code, "display")
			check(v.types[code].nextStep, "appointment_types", code, "next_step")
		}
	case fileReviews:
		for _, kind := range slices.Sorted(maps.Keys(v.reviews)) {
			check(v.reviews[kind].due, "reviews", kind, "due")
			check(v.reviews[kind].overdue, "reviews", kind, "overdue")
		}
	case fileDisclosure:
		v.disclosingAllowList(d)
		for name, p := range map[string]phrase{
			"specialty": v.policy.softened.specialty, "service": v.policy.softened.service,
			"provider": v.policy.softened.provider, "location": v.policy.softened.location,
			"referrer": v.policy.softened.referrer,
		} {
			check(p, "softened", "words", name)
		}
	}
	return d.faults
}

// disclosingAllowList checks what a softened referral may still tell.
func (v *ValueSets) disclosingAllowList(d *document) {
	for _, code := range slices.Sorted(maps.Keys(v.policy.softened.specialties)) {
		p, known := v.specialties.byCode[code]
		if !known {
			d.fault("no specialty has the code "+code, "softened", "specialties")
			continue
		}
		if v.policy.cancer.matches(fold(code)) || v.policy.cancer.matches(fold(p.in(English))) {
			d.fault("the disclosure policy forbids "+code, "softened", "specialties")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(v.policy.softened.types)) {
		if _, known := v.types[code]; !known {
			d.fault("no appointment type has the code "+code, "softened", "appointment_types")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.policy.softened.services)) {
		if v.policy.cancer.matches(fold(name)) {
			d.fault("the disclosure policy forbids "+v.policy.softened.services[name], "softened", "service_names")
		}
	}
}
