package subject

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Errors of [ParseGround]. Their texts are for the person who typed it. They never
// repeat what was typed.
var (
	ErrGroundCode = fmt.Errorf("the reason must be one of %s", CodeList())
	ErrCase       = errors.New(`the case must have at most 40 letters, digits, spaces and signs such as - and /, and start with a letter or a digit, such as "C-7/2026"`)
	ErrNoteLength = errors.New(`the note must have 5 to 200 characters, and is needed where the reason is "other"`)
	ErrNumber     = errors.New("the case and the note must not contain a number of six or more digits, which could be an NHS number, " +
		`a date of birth or a telephone number: name the case by a short number, such as "request 12 of 2026"`)
)

// Code is why something is done about a person, as the log and statistics have it.
type Code string

// The codes. A new one needs Codes, the enum GroundCode in api/openapi.yaml, and the
// table in docs/auditors.md.
const (
	SubjectAccess  Code = "subject_access"  // they asked what is held about them (UK GDPR, Article 15)
	ErasureRequest Code = "erasure_request" // they asked to be forgotten (Article 17)
	Complaint      Code = "complaint"
	Incident       Code = "incident" // information may have been misused or lost
	Legal          Code = "legal"    // a court, an inquiry, or the police on a lawful ground
	Safeguarding   Code = "safeguarding"
	Check          Code = "audit"    // a check without a cause
	Security       Code = "security" // a device was lost, a key was seen
	Restored       Code = "restore"  // the database was put back from a backup
	TimeOver       Code = "retention"
	Other          Code = "other" // the note says what
)

// Codes are all codes.
func Codes() []Code {
	return []Code{SubjectAccess, ErasureRequest, Complaint, Incident, Legal, Safeguarding, Check, Security, Restored, TimeOver, Other}
}

// CodeList is all codes, for a person.
func CodeList() string {
	var out []string
	for _, c := range Codes() {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}

const (
	shortestNote = 5
	longestNote  = 200
	longestCase  = 40
	// Six digits can be a date of birth, ten are an NHS number. All digits together
	// count too, because a number can be broken up by letters.
	mostDigitsTogether = 5
	mostDigits         = 9
)

// Ground says why a person's data is looked up, copied, erased, held or withheld. It is
// kept for years where others read it. Only [ParseGround] makes one.
type Ground struct {
	code             Code
	caseNumber, note string
	by               string // who acts, where their account does not say so
}

// IsZero reports whether it is no ground.
func (g Ground) IsZero() bool { return g.code == "" }

// Code is the code.
func (g Ground) Code() Code { return g.code }

// Case is the number under which the organisation keeps the matter; empty: none.
func (g Ground) Case() string { return g.caseNumber }

// Note is the rest in words, one line of visible characters; empty: none.
func (g Ground) Note() string { return g.note }

// String is the ground in one line.
func (g Ground) String() string {
	text := string(g.code)
	if g.caseNumber != "" {
		text += ", case " + g.caseNumber
	}
	if g.note != "" {
		text += ": " + g.note
	}
	return text
}

// By is the ground with the names that people at the command line gave. Their number
// and length are the caller's to bound.
func (g Ground) By(names string) Ground {
	g.by = names
	return g
}

// On is an entry with this ground.
func (g Ground) On(e audit.Entry) audit.Entry {
	e.Ground, e.Case, e.Note = string(g.code), g.caseNumber, g.note
	if g.by != "" {
		e.Note = strings.TrimSuffix("by "+g.by+": "+g.note, ": ")
	}
	return e
}

// ParseGround puts the note and the case each on one line, removes invisible characters,
// and refuses what could name a person by number. Errors: ErrGroundCode, ErrCase,
// ErrNoteLength, ErrNumber.
func ParseGround(code, caseNumber, note string) (Ground, error) {
	g := Ground{code: Code(code), caseNumber: oneLine(caseNumber), note: oneLine(note)}
	length := utf8.RuneCountInString(g.note)
	switch {
	case !slices.Contains(Codes(), g.code):
		return Ground{}, ErrGroundCode
	case !isCase(g.caseNumber):
		return Ground{}, ErrCase
	case length > longestNote, length < shortestNote && (length > 0 || g.code == Other || note != ""):
		return Ground{}, ErrNoteLength
	case namesByNumber(g.caseNumber), namesByNumber(g.note):
		return Ground{}, ErrNumber
	}
	return g, nil
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.Map(visible, text)), " ")
}

// isCase reports whether a text can be the number of a case. The empty text can: none.
func isCase(text string) bool {
	for i, r := range text {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !plain && (i == 0 || !strings.ContainsRune(" -/._:", r)) {
			return false
		}
	}
	return len(text) <= longestCase
}

// namesByNumber reports whether a text has a number that could name a person.
func namesByNumber(text string) bool {
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
			return true
		}
	}
	return false
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
