package timeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
		m.anywhere = append(m.anywhere, fold(text).squeezed)
	}
	for _, text := range words {
		word := fold(text).squeezed
		m.words[word] = true
		m.longest = max(m.longest, len(word))
	}
	return m
}

func (m matcher) matches(f folded) bool {
	for _, text := range m.anywhere {
		if strings.Contains(f.squeezed, text) {
			return true
		}
	}
	for i, from := range f.starts {
		for _, to := range f.ends[i:] {
			if to-from > m.longest {
				break
			}
			if m.words[f.squeezed[from:to]] {
				return true
			}
		}
	}
	return false
}

// folded is a text prepared for matching: its letters and digits in lower case
// without anything between them, and where the words were.
type folded struct {
	squeezed     string
	starts, ends []int // of each word in squeezed
	// judgeable is false where letters are left that only look like those of a
	// trigger, or where the text is too long to be a name: it cannot be trusted.
	judgeable bool
}

func fold(text string) folded {
	f := folded{judgeable: len(text) <= maxRawBytes}
	if !isASCII(text) {
		text = norm.NFKD.String(text)
	}
	squeezed := make([]byte, 0, len(text))
	inWord := false
	for _, r := range text {
		switch {
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
			fallthrough
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if !inWord {
				f.starts = append(f.starts, len(squeezed))
				inWord = true
			}
			squeezed = append(squeezed, byte(r)) //nolint:gosec // G115: checked to be ASCII just above
			continue
		case unicode.IsMark(r), unicode.Is(unicode.Cf, r):
			continue // accents and characters without width stand inside words
		case unicode.IsLetter(r), unicode.IsNumber(r), r == utf8.RuneError:
			f.judgeable = false
		}
		if inWord {
			f.ends = append(f.ends, len(squeezed))
			inWord = false
		}
	}
	if inWord {
		f.ends = append(f.ends, len(squeezed))
	}
	f.squeezed = string(squeezed)
	return f
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
