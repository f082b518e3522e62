package checkpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
)

// A sink is told of erasures too, so that a database from a backup, which has forgotten
// them, can be made to erase again. The text of such a note has four lines: the log's
// origin and "/erasure", the number of the entry, the pseudonym, and the time; and a fifth
// where what opened the entries went too.
const (
	ofErasure    = "/erasure"
	openingsLine = "openings"
)

// SignErasure returns the note of an erasure, signed as [Sign] does.
func SignErasure(e audit.Erasure, signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 {
		return nil, errors.New("sign an erasure: no key")
	}
	text := fmt.Sprintf("%s%s\n%d\n%s\n%s%s\n", signers[0].Name(), ofErasure, e.Seq, e.Citizen, timeLine, e.At.UTC().Format(time.RFC3339))
	if e.Openings {
		text += openingsLine + "\n"
	}
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign an erasure: %w", err)
	}
	return signed, nil
}

// parseErasure reads the text of an erasure's note in the log with that origin, or
// ErrNotCheckpoint.
func parseErasure(text, origin string) (audit.Erasure, error) {
	const lines = 4
	l := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	openings := len(l) == lines+1 && l[lines] == openingsLine
	if len(l) != lines && !openings || l[0] != origin+ofErasure || l[2] == "" {
		return audit.Erasure{}, fmt.Errorf("%w: no erasure", ErrNotCheckpoint)
	}
	seq, err := strconv.ParseInt(l[1], 10, 64)
	if err != nil || seq < 0 {
		return audit.Erasure{}, fmt.Errorf("%w: number", ErrNotCheckpoint)
	}
	at, err := time.Parse(time.RFC3339, strings.TrimPrefix(l[3], timeLine))
	if err != nil {
		return audit.Erasure{}, fmt.Errorf("%w: time", ErrNotCheckpoint)
	}
	return audit.Erasure{Seq: seq, Citizen: citizen.Ref(l[2]), At: at, Openings: openings}, nil
}
