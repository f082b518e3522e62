package checkpoint

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
)

// ErrNotCheckpoint says that a text is not a checkpoint signed by the expected key.
// The caller MUST NOT rely on anything it says.
var ErrNotCheckpoint = errors.New("not a checkpoint of this log")

const timeLine = "time "

// Sign returns the note (golang.org/x/mod/sumdb/note) with a signature of each signer; all
// have the name of the log, which is its origin. Its text has the form of C2SP
// tlog-checkpoint: origin, size, root, and a line with the time.
func Sign(c audit.Checkpoint, signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 {
		return nil, errors.New("sign audit checkpoint: no key")
	}
	c.Origin = signers[0].Name()
	signed, err := note.Sign(&note.Note{Text: text(c)}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign audit checkpoint: %w", err)
	}
	return signed, nil
}

func text(c audit.Checkpoint) string {
	return fmt.Sprintf("%s\n%d\n%s\n%s%s\n", c.Origin, c.Size,
		base64.StdEncoding.EncodeToString(c.Root[:]), timeLine, c.At.UTC().Format(time.RFC3339))
}

// Open checks that one of the keys signed, and reads the checkpoint, or ErrNotCheckpoint.
// Signatures of other keys are ignored (C2SP tlog-checkpoint).
func Open(signed []byte, by PublicKeys) (audit.Checkpoint, error) {
	n, err := by.open(signed)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return parse(n.Text, by.origin())
}

// parse reads the text of a checkpoint of the log with that origin.
func parse(text, origin string) (audit.Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 {
		return audit.Checkpoint{}, fmt.Errorf("%w: too short", ErrNotCheckpoint)
	}
	if lines[0] != origin {
		return audit.Checkpoint{}, fmt.Errorf("%w: it is of another log", ErrNotCheckpoint)
	}
	c := audit.Checkpoint{Origin: origin}
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return audit.Checkpoint{}, fmt.Errorf("%w: size", ErrNotCheckpoint)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return audit.Checkpoint{}, fmt.Errorf("%w: root", ErrNotCheckpoint)
	}
	c.Root = tlog.Hash(root)
	for _, l := range lines[3:] { // lines unknown to us are somebody's extensions
		if at, ok := strings.CutPrefix(l, timeLine); ok {
			if c.At, err = time.Parse(time.RFC3339, at); err != nil {
				return audit.Checkpoint{}, fmt.Errorf("%w: time", ErrNotCheckpoint)
			}
		}
	}
	return c, nil
}
