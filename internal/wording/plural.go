package wording

import (
	"strconv"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// counted is a phrase about a number of things, by the plural forms of CLDR.
// Welsh has six of them, English has two.
type counted map[plural.Form]Phrase

func (c counted) of(n int, lang Lang) Text {
	lang = c[plural.Other].Spoken(lang)
	return c[formOf(lang, n)].In(lang, "count", strconv.Itoa(n))
}

func formOf(lang Lang, n int) plural.Form {
	return plural.Cardinal.MatchPlural(language.Make(string(lang)), n, 0, 0, 0, 0)
}

// countedRaw is one entry under "counted" of phrases.yaml.
type countedRaw struct {
	Zero  Words `yaml:"zero"`
	One   Words `yaml:"one"`
	Two   Words `yaml:"two"`
	Few   Words `yaml:"few"`
	Many  Words `yaml:"many"`
	Other Words `yaml:"other"`
}

// form is a plural form and its name in phrases.yaml.
type form struct {
	form plural.Form
	name string
}

func forms() []form {
	return []form{
		{plural.Zero, "zero"},
		{plural.One, "one"},
		{plural.Two, "two"},
		{plural.Few, "few"},
		{plural.Many, "many"},
		{plural.Other, "other"},
	}
}

func (r countedRaw) words(f plural.Form) Words {
	switch f {
	case plural.Zero:
		return r.Zero
	case plural.One:
		return r.One
	case plural.Two:
		return r.Two
	case plural.Few:
		return r.Few
	case plural.Many:
		return r.Many
	default:
		return r.Other
	}
}

// counted reads a phrase about a number. A language that has the form "other" must
// have every form that its plural rules use.
func (d *Document) counted(raw countedRaw, key string) counted {
	if raw.Other[English] == "" {
		d.Fault("English words are missing", "counted", key, "other")
		return nil
	}
	d.wantWhole(raw.Other, "counted", key, "other")
	c := make(counted)
	for _, f := range forms() {
		words := raw.words(f.form)
		for lang := range raw.Other {
			if words[lang] == "" && uses(lang, f.form) {
				d.Fault("the language "+string(lang)+" needs the form "+f.name, "counted", key, f.name)
			}
		}
		if len(words) > 0 {
			c[f.form] = d.words(words, []string{"count"}, "counted", key, f.name)
		}
	}
	return c
}

// uses reports whether the plural rules of a language have a form.
func uses(lang Lang, f plural.Form) bool {
	const enough = 200 // every form of every language that is known here comes up before
	for n := range enough {
		if formOf(lang, n) == f {
			return true
		}
	}
	return false
}
