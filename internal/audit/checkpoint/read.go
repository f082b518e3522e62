package checkpoint

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Found is what a file of checkpoints holds.
type Found struct {
	Checkpoints []audit.Checkpoint // signed with the expected key, in the order of the file
	Erasures    []audit.Erasure    // signed with that key, in the order of the file
	// Foreign counts notes that are whole and not signed with that key, or neither
	// checkpoints nor erasures of its log: each wants an explanation.
	Foreign int
	// CutShort counts what is no whole note. One can be a write that a crash
	// interrupted.
	CutShort int
}

// signature begins a line with a signature (golang.org/x/mod/sumdb/note).
const signature = "\u2014 "

// longestLine is far longer than any checkpoint.
const longestLine = 1 << 20

// Read reads checkpoints and checks each signature. They can be as [FileSink] writes
// them and as /audit/v1/checkpoint answers, one JSON object a line; or signed notes, one
// behind the other, as an https sink receives them.
func Read(r io.Reader, by note.Verifier) (Found, error) {
	f := finder{by: by}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		f.line(lines.Text())
	}
	f.endNote()
	if err := lines.Err(); err != nil {
		return f.found, fmt.Errorf("read checkpoints: %w", err)
	}
	return f.found, nil
}

type finder struct {
	by     note.Verifier
	found  Found
	note   strings.Builder // the lines of a note so far
	signed bool            // the note has a signature, so it can end
}

func (f *finder) line(text string) {
	switch {
	case f.signed && !strings.HasPrefix(text, signature):
		f.endNote()
		f.line(text)
	case f.note.Len() == 0 && text == "":
	case f.note.Len() == 0 && strings.HasPrefix(text, "{"):
		var l sinkLine
		if json.Unmarshal([]byte(text), &l) != nil {
			f.found.CutShort++
			return
		}
		f.open(l.Checkpoint)
	default:
		f.note.WriteString(text + "\n")
		f.signed = strings.HasPrefix(text, signature)
	}
}

func (f *finder) endNote() {
	if f.note.Len() == 0 {
		return
	}
	if f.signed {
		f.open(f.note.String())
	} else {
		f.found.CutShort++
	}
	f.note.Reset()
	f.signed = false
}

func (f *finder) open(signed string) {
	c, err := Open([]byte(signed), f.by)
	if err != nil {
		if e, err := OpenErasure([]byte(signed), f.by); err == nil {
			f.found.Erasures = append(f.found.Erasures, e)
			return
		}
		f.found.Foreign++
		return
	}
	f.found.Checkpoints = append(f.found.Checkpoints, c)
}
