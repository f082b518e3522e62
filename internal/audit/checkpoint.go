package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotCheckpoint says that a text is no checkpoint signed by the expected key.
// The caller MUST NOT rely on anything it says.
var ErrNotCheckpoint = errors.New("not a checkpoint of this log")

// Checkpoint is the claim "at that time the log had that many entries and this
// root". Signed, it is a note (golang.org/x/mod/sumdb/note) whose text has the
// form of C2SP tlog-checkpoint: origin, size, root, and a line with the time.
type Checkpoint struct {
	Origin string // name of the log, which is the name of its key
	Size   int64
	Root   tlog.Hash
	At     time.Time
}

const checkpointTime = "time "

// Sign gives the signed note.
func (c Checkpoint) Sign(signer note.Signer) ([]byte, error) {
	c.Origin = signer.Name()
	signed, err := note.Sign(&note.Note{Text: c.text()}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign audit checkpoint: %w", err)
	}
	return signed, nil
}

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s%s\n", c.Origin, c.Size,
		base64.StdEncoding.EncodeToString(c.Root[:]), checkpointTime, c.At.UTC().Format(time.RFC3339))
}

// OpenCheckpoint checks the signature and reads the checkpoint, or ErrNotCheckpoint.
func OpenCheckpoint(signed []byte, by note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(by))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrNotCheckpoint, err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != by.Name() {
		return Checkpoint{}, fmt.Errorf("%w: it is about another log", ErrNotCheckpoint)
	}
	return c, nil
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 {
		return Checkpoint{}, fmt.Errorf("%w: too short", ErrNotCheckpoint)
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return Checkpoint{}, fmt.Errorf("%w: size", ErrNotCheckpoint)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("%w: root", ErrNotCheckpoint)
	}
	c.Root = tlog.Hash(root)
	for _, l := range lines[3:] { // lines unknown to us are somebody's extensions
		if at, ok := strings.CutPrefix(l, checkpointTime); ok {
			if c.At, err = time.Parse(time.RFC3339, at); err != nil {
				return Checkpoint{}, fmt.Errorf("%w: time", ErrNotCheckpoint)
			}
		}
	}
	return c, nil
}
