package valuesets_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Bounds on the Flesch-Kincaid grade of English phrases. Grade 5 is read at ages
// 10 to 11; a single short phrase with one long word can lie above it, all
// together must not.
const (
	hardestPhrase   = 6.0
	hardestOverall  = 4.0
	longestSentence = 22 // words
)

// known are long words that every patient meets in the first minute; readability
// measures for health text leave the topic's own words out.
var known = regexp.MustCompile(`(?i)\b(appointments?|hospital|referrals?|referred|surgery|specialist|information|permission)\b`)

func sentencesOf(phrase string) []string {
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
	for _, s := range sentencesOf(phrase) {
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
	all := texts(t, sentences)
	for _, x := range all {
		if x.forDevelopers(all) || x.String() == "problems.yaml: problems: sharing_declined: title" { // NHS login asks for this title
			continue
		}
		phrase := x.by[wording.English]
		for _, s := range sentencesOf(phrase) {
			if n := len(strings.Fields(s)); n > longestSentence {
				t.Errorf("%s: a sentence of %d words: %q", x, n, s)
			}
		}
		overall.add(phrase)
		var single reading
		single.add(phrase)
		const tooShortToMeasure = 6 // words: a title or label
		if single.words >= tooShortToMeasure && single.grade() > hardestPhrase {
			t.Errorf("%s: grade %.1f: %q", x, single.grade(), phrase)
		}
	}
	if grade := overall.grade(); grade > hardestOverall {
		t.Errorf("all phrases together: grade %.1f", grade)
	}
	t.Logf("all phrases together: grade %.1f over %d sentences", overall.grade(), overall.sentences)
}
