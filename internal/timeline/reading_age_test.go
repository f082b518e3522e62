package timeline_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/goccy/go-yaml"

	"github.com/patient-care-aggregator/aggregator/valuesets"
)

// Bounds on the Flesch-Kincaid grade of English phrases. Grade 5 is read at ages
// 10 to 11; a single short phrase with one long word can lie above it, all
// together must not.
const (
	hardestPhrase   = 6.0
	hardestOverall  = 4.0
	longestSentence = 22 // words
)

// englishPhrases are all English words of the files that hold sentences.
func englishPhrases(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range []string{"states.yaml", "phrases.yaml", "reviews.yaml", "appointment-types.yaml", "priorities.yaml"} {
		raw, err := fs.ReadFile(valuesets.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := yaml.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		delete(tree, "languages")
		var walk func(string, any)
		walk = func(path string, node any) {
			m, ok := node.(map[string]any)
			if !ok {
				return
			}
			if en, ok := m["en"].(string); ok {
				found[path] = en
			}
			for key, value := range m {
				walk(path+"/"+key, value)
			}
		}
		walk(name, tree)
	}
	return found
}

// known are long words that every patient meets in the first minute; readability
// measures for health text leave the topic's own words out.
var known = regexp.MustCompile(`(?i)\b(appointments?|hospital|referrals?|referred|surgery|specialist)\b`)

func sentences(phrase string) []string {
	phrase = regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(phrase, "Monday")
	phrase = known.ReplaceAllString(phrase, "letter")
	return strings.FieldsFunc(phrase, func(r rune) bool { return strings.ContainsRune(".:!?", r) })
}

// syllables counts groups of vowels, without the silent e.
func syllables(word string) int {
	word = strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }))
	if len(word) > 2 && strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") {
		word = word[:len(word)-1]
	}
	if len(word) > 3 && strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "ted") && !strings.HasSuffix(word, "ded") {
		word = word[:len(word)-2] + "d"
	}
	return max(1, len(regexp.MustCompile(`[aeiouy]+`).FindAllString(word, -1)))
}

type reading struct{ words, sentences, syllables int }

func (r *reading) add(phrase string) {
	for _, s := range sentences(phrase) {
		words := strings.Fields(s)
		if len(words) == 0 {
			continue
		}
		r.sentences++
		r.words += len(words)
		for _, w := range words {
			r.syllables += syllables(w)
		}
	}
}

func (r reading) grade() float64 {
	return 0.39*float64(r.words)/float64(r.sentences) + 11.8*float64(r.syllables)/float64(r.words) - 15.59
}

func TestEveryPhraseCanBeReadByATenYearOld(t *testing.T) {
	var overall reading
	for path, phrase := range englishPhrases(t) {
		for _, s := range sentences(phrase) {
			if n := len(strings.Fields(s)); n > longestSentence {
				t.Errorf("%s: a sentence of %d words: %q", path, n, s)
			}
		}
		overall.add(phrase)
		var single reading
		single.add(phrase)
		const tooShortToMeasure = 6 // words: a title or label
		if single.words >= tooShortToMeasure && single.grade() > hardestPhrase {
			t.Errorf("%s: grade %.1f: %q", path, single.grade(), phrase)
		}
	}
	if grade := overall.grade(); grade > hardestOverall {
		t.Errorf("all phrases together: grade %.1f", grade)
	}
	t.Logf("all phrases together: grade %.1f over %d sentences", overall.grade(), overall.sentences)
}

// TestContentStyle holds the words that the NHS content style prefers.
func TestContentStyle(t *testing.T) {
	avoid := regexp.MustCompile(`(?i)\b(clinician|telephone|call us|please|attend(ed)?|utilise|commence|prior to|in order to|regarding|DNA|triage|deferral|patient|UBRN|invalid|error)\b|!`)
	for path, phrase := range englishPhrases(t) {
		if word := avoid.FindString(phrase); word != "" {
			t.Errorf("%s says %q: %q", path, word, phrase)
		}
	}
}
