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

// Sign returns the signed note (golang.org/x/mod/sumdb/note). Its text has the form
// of C2SP tlog-checkpoint: origin, size, root, and a line with the time.
func Sign(c audit.Checkpoint, signer note.Signer) ([]byte, error) {
	c.Origin = signer.Name()
	signed, err := note.Sign(&note.Note{Text: text(c)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign audit checkpoint: %w", err)
	}
	return signed, nil
}

func text(c audit.Checkpoint) string {
	return fmt.Sprintf("%s\n%d\n%s\n%s%s\n", c.Origin, c.Size,
		base64.StdEncoding.EncodeToString(c.Root[:]), timeLine, c.At.UTC().Format(time.RFC3339))
}

// Open checks the signature and reads the checkpoint, or ErrNotCheckpoint.
func Open(signed []byte, by note.Verifier) (audit.Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(by))
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("%w: %w", ErrNotCheckpoint, err)
	}
	c, err := parse(n.Text)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	if c.Origin != by.Name() {
		return audit.Checkpoint{}, fmt.Errorf("%w: it is of another log", ErrNotCheckpoint)
	}
	return c, nil
}

func parse(text string) (audit.Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 {
		return audit.Checkpoint{}, fmt.Errorf("%w: too short", ErrNotCheckpoint)
	}
	c := audit.Checkpoint{Origin: lines[0]}
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
