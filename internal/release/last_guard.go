package release

import (
	"errors"
	"unicode"
	"unicode/utf8"
)

// ErrHoldsNumber says that a finished answer had the citizen's NHS number in it, which
// no answer of this service may have. Nothing was shown. It is a fault of the program
// or of a source that puts the number where something else belongs: an operator has to
// look.
var ErrHoldsNumber = errors.New("the finished answer holds an NHS number")

// holdsNumber reports whether a text has the number in it, however it is grouped and
// in whatever digits it is written.
func holdsNumber(text []byte, number string) bool {
	const separatorsInARow = 2
	if number == "" {
		return false
	}
	var window []byte
	separators := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if digit, ok := digitOf(r); ok {
			window, separators = append(window, digit), 0
			if len(window) > len(number) {
				window = window[1:]
			}
			if string(window) == number {
				return true
			}
			continue
		}
		if separators++; !separates(r) || separators > separatorsInARow {
			window = window[:0]
		}
	}
	return false
}

// separates reports whether people put a character between the digits of a number.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '.' || r == '_'
}

// digitOf is a decimal digit of any script as ASCII.
func digitOf(r rune) (byte, bool) {
	const radix = 10
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// The digits of a script follow each other from a zero.
	zero := r
	for i := 0; i < radix-1 && unicode.Is(unicode.Nd, zero-1); i++ {
		zero--
	}
	if r >= '0' && r <= '9' {
		zero = '0'
	}
	return byte('0' + r - zero), true //nolint:gosec // between 0 and 9
}
