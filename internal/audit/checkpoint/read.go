package checkpoint

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// Found is what a file of checkpoints, or a sink, holds.
type Found struct {
	Checkpoints []audit.Checkpoint // signed with one of the expected keys, in the order of the file
	Erasures    []audit.Erasure    // signed with one of those keys, in the order of the file
	// Foreign counts notes that are whole and not signed with one of those keys, or
	// neither checkpoints nor erasures of their log: each wants an explanation.
	Foreign int
	// OtherKey is name and hash of a key with the log's name that signed a note too, or
	// instead, and is not among the expected ones: the log's key is being changed, or was.
	// Nothing proves it; empty: the note has no such text.
	OtherKey string
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
func Read(r io.Reader, by PublicKeys) (Found, error) {
	if len(by) == 0 {
		return Found{}, errors.New("read checkpoints: no public key to check them with")
	}
	return read(r, by)
}

// read finds that every note is foreign where there is no key.
func read(r io.Reader, by PublicKeys) (Found, error) {
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
	by     PublicKeys
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
	n, err := f.by.open([]byte(signed))
	if other := f.by.other(n); other != "" {
		f.found.OtherKey = other
	}
	if err != nil {
		f.found.Foreign++
		return
	}
	if c, err := parse(n.Text, f.by.origin()); err == nil {
		f.found.Checkpoints = append(f.found.Checkpoints, c)
	} else if e, err := parseErasure(n.Text, f.by.origin()); err == nil {
		f.found.Erasures = append(f.found.Erasures, e)
	} else {
		f.found.Foreign++
	}
}
