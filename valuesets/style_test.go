package valuesets_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// rule is one rule of the NHS content style, and of this service where the style
// leaves a choice.
type rule struct {
	why   string
	avoid *regexp.Regexp
}

func rules() []rule {
	return []rule{
		{"a plainer word", regexp.MustCompile(`(?i)\b(clinicians?|attend(ed)?|utilise|commence|prior to|in order to|regarding|DNA|triage|deferral|patients?|UBRN|invalid|errors?|via|whilst|upon)\b`)},
		{"say phone", regexp.MustCompile(`(?i)\b(telephone|call (us|the|your)|ring (us|the|your))\b`)},
		{"do not plead", regexp.MustCompile(`(?i)\b(please|sorry|unfortunately)\b|!`)},
		{"not everybody has a mouse", regexp.MustCompile(`(?i)\b(click|tap|hover)\b`)},
		{"no contractions: they are harder to read, and to translate", regexp.MustCompile(`(?i)[a-z](n['’]t|['’](re|ll|ve|d|m))\\b|\bit['’]s\b`)},
		{"numbers in digits", regexp.MustCompile(`(?i)\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b`)},
		{"in words", regexp.MustCompile(`(?i)\b(e\.g|i\.e|etc)\b|&|\band/or\b`)},
		{"small letters", regexp.MustCompile(`\b(Hospital Staff|Appointment Letter|GP Surgery)\b`)},
	}
}

// TestContentStyle holds the words that the NHS content style prefers.
func TestContentStyle(t *testing.T) {
	for _, x := range texts(t, sentences, names) {
		phrase := x.by[wording.English]
		for _, r := range rules() {
			if word := r.avoid.FindString(phrase); word != "" {
				t.Errorf("%s says %q (%s): %q", x, word, r.why, phrase)
			}
		}
	}
}

// A citizen who cannot be shown anything must not think that there is nothing.
func TestUpstreamTroubleIsNotTakenForNoReferrals(t *testing.T) {
	set := load(t)
	for _, code := range []string{"upstream_unavailable", "upstream_timeout", "service_unavailable"} {
		for lang, want := range map[wording.Lang]string{
			wording.English: "This does not mean that you have no referrals.",
			wording.Welsh:   "Nid yw hyn yn golygu nad oes gennych atgyfeiriadau.",
		} {
			for _, by := range []wording.Reader{wording.ByApp, wording.ByPerson} {
				if got := set.Problem(code, "", by, lang).Detail; !regexp.MustCompile(regexp.QuoteMeta(want)).MatchString(got.Text) {
					t.Errorf("%s in %s: %q", code, lang, got.Text)
				}
			}
		}
	}
}

// TestSentencesEnd: a title has no full stop, what follows it has one.
func TestSentencesEnd(t *testing.T) {
	for _, x := range texts(t, sentences) {
		if x.file != "problems.yaml" {
			continue
		}
		for lang, phrase := range x.by {
			if title := x.at[len(x.at)-1] == "title"; title == (phrase[len(phrase)-1] == '.') {
				t.Errorf("%s in %s: %q", x, lang, phrase)
			}
		}
	}
}

func TestTheAccessLogSaysThatAuditorsSeeNoReferrals(t *testing.T) {
	set := load(t)
	words, known := set.AccessWhat("auditor_read")
	if !known || !strings.HasSuffix(words.In(wording.English).Text, "Auditors do not see your referrals.") {
		t.Errorf("%q", words.In(wording.English).Text)
	}
}
