package disclosure

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// checkWords finds the words of the value sets themselves that would tell of a
// suspected cancer. It opens a file again only to name the line.
func (p *Policy) checkWords(fsys fs.FS, set *wording.Set) []error {
	files := make(map[string]*wording.Document)
	var failed []error
	set.Phrases(func(file string, at []string, phrase wording.Phrase) {
		for _, lang := range p.tells(phrase) {
			if files[file] == nil {
				d, err := wording.OpenDocument(fsys, file, set.Languages())
				if err != nil {
					failed = append(failed, err)
					continue
				}
				files[file] = d
			}
			files[file].Fault(forbidden, append(at, string(lang))...)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		failed = append(failed, files[name].Faults()...)
	}
	return failed
}

const forbidden = "the disclosure policy forbids these words"

// tells lists the languages in which a phrase tells of a suspected cancer.
func (p *Policy) tells(phrase wording.Phrase) []wording.Lang {
	var langs []wording.Lang
	literal := phrase.Literal()
	for _, lang := range slices.Sorted(maps.Keys(literal)) {
		if p.cancer.matches(wording.Fold(literal[lang])) {
			langs = append(langs, lang)
		}
	}
	return langs
}

// checkLists checks what a softened referral may still tell.
func (p *Policy) checkLists(d *wording.Document, set *wording.Set) {
	for _, code := range slices.Sorted(maps.Keys(p.Softened.specialties)) {
		_, words, known := set.Specialty(&referral.Coding{Code: code})
		if !known {
			d.Fault("no specialty has the code "+code, "softened", "specialties")
			continue
		}
		if p.cancer.matches(wording.Fold(code)) || p.cancer.matches(wording.Fold(words.In(wording.English).Text)) {
			d.Fault("the disclosure policy forbids "+code, "softened", "specialties")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(p.Softened.types)) {
		if _, known := set.AppointmentType(code); !known {
			d.Fault("no appointment type has the code "+code, "softened", "appointment_types")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Softened.services)) {
		if p.cancer.matches(wording.Fold(name)) {
			d.Fault("the disclosure policy forbids "+p.Softened.services[name], "softened", "service_names")
		}
	}
	words := map[string]wording.Phrase{
		"specialty": p.Softened.Specialty, "service": p.Softened.Service, "provider": p.Softened.Provider,
		"location": p.Softened.Location, "referrer": p.Softened.Referrer,
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		for _, lang := range p.tells(words[name]) {
			d.Fault(forbidden, "softened", "words", name, string(lang))
		}
	}
}
