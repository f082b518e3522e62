package subject

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Errors of [ParseReason]. Their texts are for the person who typed the reason.
// They never repeat it.
var (
	ErrReasonLength = errors.New(`the reason must have 5 to 200 characters and say why, such as "request 12 of 2026"`)
	ErrReasonNumber = errors.New("the reason must not contain a number of six or more digits, which could be an NHS number, " +
		`a date of birth or a telephone number: name the case by a short number, such as "request 12 of 2026"`)
)

const (
	shortestReason = 5
	longestReason  = 200
	// Six digits can be a date of birth, ten are an NHS number. All digits together
	// count too, because a number can be broken up by letters.
	mostDigitsTogether = 5
	mostDigits         = 9
)

// Reason says in a few words why a person's data is looked up, copied, erased or
// held. It is kept for years where others read it. Only [ParseReason] makes one.
type Reason struct{ text string }

// String returns the reason, one line of visible characters.
func (r Reason) String() string { return r.text }

// IsZero reports whether r is "no reason".
func (r Reason) IsZero() bool { return r.text == "" }

// ParseReason puts a text on one line, removes invisible characters, and rejects it
// when it could name a person by number (ErrReasonNumber) or has the wrong length
// (ErrReasonLength).
func ParseReason(text string) (Reason, error) {
	text = strings.Join(strings.Fields(strings.Map(visible, text)), " ")
	if n := utf8.RuneCountInString(text); n < shortestReason || n > longestReason {
		return Reason{}, ErrReasonLength
	}
	together, all := 0, 0
	// NFKC, because one character can stand for two digits (⑽).
	for _, r := range norm.NFKC.String(text) {
		switch {
		case unicode.IsNumber(r):
			together++
			all++
		case unicode.IsLetter(r):
			together = 0
		}
		// Everything else, such as a space or a hyphen, can be inside a number.
		if together > mostDigitsTogether || all > mostDigits {
			return Reason{}, ErrReasonNumber
		}
	}
	return Reason{text}, nil
}

func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case !unicode.IsGraphic(r) || r == utf8.RuneError:
		return -1
	}
	return r
}
