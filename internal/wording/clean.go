package wording

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds on text that strangers wrote, in the unit named.
const (
	maxRawBytes     = 2048 // of any free text that is looked at
	maxNameRunes    = 120  // of a name that is shown
	maxDisplayRunes = 80   // of a specialty that is shown
	maxMarks        = 2    // combining marks in a row
	maxUnescapes    = 3    // layers of character references that are opened
)

// Clean makes a stranger's text safe to show on one line: no markup, no
// control, format or bidirectional characters, no pictures, no piles of accents,
// spaces collapsed. It never makes text longer. The result can be empty.
func Clean(raw string) string {
	if len(raw) > maxRawBytes {
		raw = strings.ToValidUTF8(raw[:maxRawBytes], "")
	}
	if isPlain(raw) {
		return raw
	}
	text := oneLine(raw)
	for layer := 0; ; layer++ {
		opened := html.UnescapeString(text)
		if opened == text {
			break
		}
		if layer == maxUnescapes { // nobody wraps a name so deep in good faith
			text = strings.ReplaceAll(text, "&", " ")
			break
		}
		text = oneLine(opened)
	}
	return oneLine(norm.NFC.String(withoutMarkup(text)))
}

// isPlain is the fast road: printable ASCII without markup or double spaces.
func isPlain(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ' ':
			if i == 0 || i == len(s)-1 || s[i-1] == ' ' {
				return false
			}
		case c < '!' || c > '~' || c == '<' || c == '>' || c == '&':
			return false
		}
	}
	return true
}

// oneLine keeps letters, digits, punctuation and bounded marks; every other
// visible break becomes one space, and characters without width vanish.
func oneLine(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	marks, space := 0, false
	for _, r := range s {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			continue
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = true
			continue
		case unicode.IsMark(r):
			if marks++; marks > maxMarks || b.Len() == 0 {
				continue
			}
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsPunct(r), r < utf8.RuneSelf, r == '£', r == '°':
			marks = 0
		default: // pictures, private signs and the like
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// withoutMarkup replaces tags, and every angle bracket that is left, by spaces.
func withoutMarkup(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		b.WriteString(s[:open])
		b.WriteByte(' ')
		s = s[open+1:]
		if end := strings.IndexByte(s, '>'); end >= 0 && startsTag(s) {
			s = s[end+1:]
		}
	}
	b.WriteString(s)
	return strings.ReplaceAll(b.String(), ">", " ")
}

func startsTag(s string) bool {
	if s == "" {
		return false
	}
	c := s[0] | 0x20 // lower case
	return c >= 'a' && c <= 'z' || s[0] == '/' || s[0] == '!' || s[0] == '?'
}

// shorten cuts text to at most limit runes, at a word where one ends near.
func shorten(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut, runes := 0, 0
	for i := range s {
		if runes == limit-1 {
			cut = i
			break
		}
		runes++
	}
	head := s[:cut]
	if i := strings.LastIndexByte(head, ' '); i > len(head)/2 {
		head = head[:i]
	}
	return strings.TrimRight(head, " ,-") + "…"
}
