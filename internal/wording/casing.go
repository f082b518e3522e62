package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// casing turns shouted text into the case that people read. Text that already
// has both cases is not changed: somebody chose it.
type casing struct {
	upper map[string]bool   // words kept in capitals, by their capitals
	small map[string]bool   // words in lower case inside a name, by their capitals
	exact map[string]string // words with a case of their own, by their capitals
}

// name puts a name into title case: "ST JAMES'S HOSPITAL" -> "St James's Hospital".
func (c casing) name(s string) string { return c.recase(s, c.titleWord) }

// sentence puts a phrase into sentence case: "PAIN MANAGEMENT" -> "Pain management".
func (c casing) sentence(s string) string {
	return c.recase(s, func(word string, first bool) string {
		if first || !c.plain(word) {
			return c.titleWord(word, true)
		}
		return strings.ToLower(word)
	})
}

func (c casing) recase(s string, word func(string, bool) string) string {
	if mixedCase(s) {
		return s
	}
	s = strings.ToUpper(s)
	var b strings.Builder
	b.Grow(len(s))
	first := true
	for len(s) > 0 {
		n := wordLength(s)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s)
			b.WriteString(s[:size])
			s = s[size:]
			continue
		}
		b.WriteString(word(s[:n], first))
		first = false
		s = s[n:]
	}
	return b.String()
}

// wordLength is the length in bytes of the word that s begins with; apostrophes
// inside belong to it.
func wordLength(s string) int {
	for i, r := range s {
		inside := i > 0 && (r == '\'' || r == '’')
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !inside {
			return i
		}
	}
	return len(s)
}

// plain reports that a word has no case of its own.
func (c casing) plain(word string) bool {
	_, own := c.exact[word]
	return !own && !c.upper[word] && !looksLikeInitials(word)
}

func (c casing) titleWord(word string, first bool) string {
	if own, ok := c.exact[word]; ok {
		return own
	}
	switch {
	case c.small[word] && !first:
		return strings.ToLower(word)
	case c.upper[word], looksLikeInitials(word):
		return word
	}
	head, tail, found := cutApostrophe(word)
	if found && utf8.RuneCountInString(head) == 1 && len(tail) > 2 { // O'CONNOR, D'ARCY
		return head + word[len(head):len(word)-len(tail)] + capitalised(tail)
	}
	if rest, ok := strings.CutPrefix(word, "MC"); ok && len(rest) > 2 {
		return "Mc" + capitalised(rest)
	}
	return capitalised(word)
}

func cutApostrophe(word string) (head, tail string, found bool) {
	i := strings.IndexAny(word, "'’")
	if i < 0 {
		return word, "", false
	}
	_, size := utf8.DecodeRuneInString(word[i:])
	return word[:i], word[i+size:], true
}

func capitalised(word string) string {
	_, size := utf8.DecodeRuneInString(word)
	return word[:size] + strings.ToLower(word[size:])
}

// looksLikeInitials reports words that nobody can pronounce, and those with digits.
func looksLikeInitials(word string) bool {
	const longest = 4
	if strings.ContainsAny(word, "0123456789") {
		return true
	}
	if len(word) > 2 && strings.Contains(word[1:len(word)-1], "W") {
		return false // a vowel of Welsh: Cwm, Pwll, Rhws
	}
	return len(word) <= longest && !strings.ContainsAny(word, "AEIOUY'’") && strings.Trim(word, "BCDFGHJKLMNPQRSTVWXZ") == ""
}

func mixedCase(s string) bool {
	lower, upper := false, false
	for _, r := range s {
		lower = lower || unicode.IsLower(r)
		upper = upper || unicode.IsUpper(r)
	}
	return lower && upper
}
