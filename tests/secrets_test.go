package tests_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// secrets are texts that must not be in some place, by what they are.
type secrets map[string]map[string]bool

func (k secrets) add(what string, texts ...string) {
	if k[what] == nil {
		k[what] = map[string]bool{}
	}
	for _, text := range texts {
		if text != "" {
			k[what][text] = true
		}
	}
}

// leaks returns which secrets of these kinds are in a place. random is a place
// with random texts in it, which spell a short word now and then.
func (k secrets) leaks(place []byte, random bool, sorts ...string) []string {
	type secret struct{ what, text, lower string }
	const start = 3
	starts := map[string][]secret{} // by how they begin, to go through the place once
	for _, what := range sorts {
		for text := range k[what] {
			if lower := strings.ToLower(text); len(lower) >= start {
				starts[lower[:start]] = append(starts[lower[:start]], secret{what, text, lower})
			}
		}
	}
	met := map[secret]bool{} // once is enough to look closer
	lower := string(bytes.ToLower(place))
	for at := 0; at+start <= len(lower); at++ {
		for _, s := range starts[lower[at:at+start]] {
			if strings.HasPrefix(lower[at:], s.lower) {
				met[s] = true
			}
		}
	}
	var found []string
	for s := range met {
		if isWhole(s.text, place, random) {
			found = append(found, s.what+" "+s.text)
		}
	}
	slices.Sort(found)
	return found
}

// isWhole reports whether a text is in a place by itself: a number that is not part
// of a longer one, a short word that is not part of another word.
func isWhole(text string, place []byte, random bool) bool {
	const tellsItself, tooShort = 5, 3
	boundary := "[^a-z0-9_-]" // what base64url and hexadecimal ids are made of
	switch {
	case strings.Trim(text, "0123456789 -") == "":
		boundary = "[^0-9]"
	case random && len(text) <= tooShort:
		return false
	case len(text) >= 4*tellsItself || (!random && len(text) >= tellsItself):
		return true
	}
	return regexp.MustCompile(`(?i)(^|` + boundary + `)` + regexp.QuoteMeta(text) + `($|` + boundary + `)`).Match(place)
}

func TestTheSearchForLeaksFindsThem(t *testing.T) {
	t.Parallel()
	k := secrets{}
	k.add("NHS number", "9990000018")
	k.add("name", "Bella", "Dee")
	k.add("token", "eyJhbGciOiJSUzUxMiJ9.e30")
	for place, leaks := range map[string]bool{
		"patient%3Aidentifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C9990000018&category=x": true,
		`{"nhsNumber":"9990000018"}`: true,
		"99900000180":                false,
		"dear bella,":                true,
		"nameBELLA":                  true,
		"Dee":                        true,
		"deep":                       false,
		"Authorization:[Bearer eyJhbGciOiJSUzUxMiJ9.e30.c]": true,
		"nothing of anybody": false,
	} {
		if found := k.leaks([]byte(place), false, "NHS number", "name", "token"); (len(found) > 0) != leaks {
			t.Errorf("%q: found %v", place, found)
		}
	}
}
