package wording

import "slices"

// Lang is a language in which phrases are written, as a BCP 47 tag.
type Lang string

// The languages.
const (
	English Lang = "en"
	Welsh   Lang = "cy"
)

// Languages are those in which a deployment speaks beside English. A language is
// shown whole or not at all: half of a page in another language serves nobody.
type Languages struct {
	Shown []Lang
	// Drafts permits words that nobody has reviewed, for trying them out.
	Drafts bool
}

// has reports whether words in a language are shown.
func (l Languages) has(lang Lang) bool { return lang == English || slices.Contains(l.Shown, lang) }

// Languages are those that the set was loaded with.
func (s *Set) Languages() Languages { return s.languages }

// Choose returns the first language of a list that is shown; English where none is.
func (s *Set) Choose(wanted []Lang) Lang {
	if i := slices.IndexFunc(wanted, s.languages.has); i >= 0 {
		return wanted[i]
	}
	return English
}

// AllDrafts is every language, reviewed or not: for tests of the words themselves.
func AllDrafts() Languages { return Languages{Shown: []Lang{Welsh}, Drafts: true} }
