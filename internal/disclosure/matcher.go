package disclosure

import (
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// matcher finds trigger words in names however they are written: any case,
// accents, width, punctuation and spacing.
type matcher struct {
	anywhere []string        // found even inside other words, letters and digits only
	words    map[string]bool // found as a whole word, or as words run together
	longest  int             // of words, in bytes
}

func newMatcher(anywhere, words []string) matcher {
	m := matcher{words: make(map[string]bool, len(words))}
	for _, text := range anywhere {
		m.anywhere = append(m.anywhere, wording.Fold(text).Squeezed)
	}
	for _, text := range words {
		word := wording.Fold(text).Squeezed
		m.words[word] = true
		m.longest = max(m.longest, len(word))
	}
	return m
}

func (m matcher) matches(f wording.Folded) bool {
	for _, text := range m.anywhere {
		if strings.Contains(f.Squeezed, text) {
			return true
		}
	}
	for i, from := range f.Starts {
		for _, to := range f.Ends[i:] {
			if to-from > m.longest {
				break
			}
			if m.words[f.Squeezed[from:to]] {
				return true
			}
		}
	}
	return false
}
