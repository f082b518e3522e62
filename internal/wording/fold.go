package wording

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Folded is a text prepared for matching: its letters and digits in lower case
// without anything between them, and where the words were.
type Folded struct {
	Squeezed     string
	Starts, Ends []int // of each word in Squeezed
	// Judgeable is false where letters are left that only look like those of a
	// trigger, or where the text is too long to be a name: it cannot be trusted.
	Judgeable bool
}

// Fold prepares a text for matching.
func Fold(text string) Folded {
	f := Folded{Judgeable: len(text) <= maxRawBytes}
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
				f.Starts = append(f.Starts, len(squeezed))
				inWord = true
			}
			squeezed = append(squeezed, byte(r)) //nolint:gosec // G115: checked to be ASCII just above
			continue
		case unicode.IsMark(r), unicode.Is(unicode.Cf, r):
			continue // accents and characters without width occur inside words
		case unicode.IsLetter(r), unicode.IsNumber(r), r == utf8.RuneError:
			f.Judgeable = false
		}
		if inWord {
			f.Ends = append(f.Ends, len(squeezed))
			inWord = false
		}
	}
	if inWord {
		f.Ends = append(f.Ends, len(squeezed))
	}
	f.Squeezed = string(squeezed)
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
