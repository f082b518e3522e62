package checkpoint

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// keyFile is what the file of a key says, in this order: the active key and its public
// half, a line each; while a planned change lasts, the same of the key before it, and when
// the change began; public halves of earlier keys, the newest first. It is always replaced
// as a whole, so that an interrupted change loses no key.
type keyFile struct {
	active   keyPair
	before   keyPair   // signs too while a change lasts; zero: there is no change
	changing time.Time // when the change began, in whole seconds; zero: no change has begun
	former   []string  // public halves
}

type keyPair struct{ private, public string }

const (
	privateKey  = "PRIVATE+KEY+"
	changeBegan = "change began "
)

// errMalformedKey does not repeat the file, which may hold a key.
var errMalformedKey = errors.New("read checkpoint key: malformed")

func newPair(name string) (keyPair, error) {
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return keyPair{}, fmt.Errorf("make checkpoint key: %w", err)
	}
	return keyPair{private, public}, nil
}

// readKeyFile reads the file, which only its owner may be able to read.
func readKeyFile(path string) (keyFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return keyFile{}, fmt.Errorf("open checkpoint key: %w", err)
	}
	if why := keys.UnsafeMode(info.Mode()); why != "" {
		return keyFile{}, fmt.Errorf("%w: %s: %s", ErrUnsafeKey, path, why)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's configuration
	if err != nil {
		return keyFile{}, fmt.Errorf("read checkpoint key: %w", err)
	}
	return parseKeyFile(string(text))
}

func parseKeyFile(text string) (keyFile, error) {
	var pairs []keyPair
	var f keyFile
	private := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		began, changing := strings.CutPrefix(line, changeBegan)
		switch {
		case line == "":
		case private != "":
			pairs = append(pairs, keyPair{private, line})
			private = ""
		case strings.HasPrefix(line, privateKey):
			private = line
		case changing:
			at, err := time.Parse(time.RFC3339, began)
			if err != nil {
				return keyFile{}, errMalformedKey
			}
			f.changing = at
		default:
			f.former = append(f.former, line)
		}
	}
	switch {
	case private == "" && len(pairs) == 1 && f.changing.IsZero():
		f.active = pairs[0]
	case private == "" && len(pairs) == 2 && !f.changing.IsZero():
		f.active, f.before = pairs[0], pairs[1]
	default:
		return keyFile{}, errMalformedKey
	}
	return f, nil
}

// text is the file as it is written.
func (f keyFile) text() string {
	lines := []string{f.active.private, f.active.public}
	if !f.changing.IsZero() {
		lines = append(lines, f.before.private, f.before.public, changeBegan+f.changing.UTC().Format(time.RFC3339))
	}
	return strings.Join(append(lines, f.former...), "\n") + "\n"
}

// publicText is the file beside it, with the public halves only.
func (f keyFile) publicText() string { return strings.Join(f.public(), "\n") + "\n" }

// public are the public halves, the active one first.
func (f keyFile) public() []string {
	all := []string{f.active.public}
	if !f.changing.IsZero() {
		all = append(all, f.before.public)
	}
	return append(all, f.former...)
}

// key makes signers of the file, once its halves are known to belong together.
func (f keyFile) key() (Key, error) {
	public, err := ParsePublicKeys(f.publicText())
	if err != nil {
		return Key{}, err
	}
	if len(public) != len(f.public()) {
		return Key{}, errors.New("read checkpoint key: a key is there twice")
	}
	k := Key{Public: f.active.public, Former: f.public()[1:], Changing: f.changing, all: public}
	for i, pair := range []keyPair{f.active, f.before} {
		if pair == (keyPair{}) {
			continue
		}
		signer, err := note.NewSigner(pair.private)
		if err != nil {
			return Key{}, errMalformedKey // the library's error may hold the key
		}
		if v := public[i]; v.Name() != signer.Name() || v.KeyHash() != signer.KeyHash() {
			return Key{}, errors.New("read checkpoint key: its two halves do not belong together")
		}
		k.Signers = append(k.Signers, signer)
	}
	return k, nil
}

// lock lets one process at a time change the key at path, and returns where the file
// itself is, behind links.
func lock(path string) (itself string, unlock func(), err error) {
	itself, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", nil, fmt.Errorf("open checkpoint key: %w", err)
	}
	folder, err := os.Open(filepath.Dir(itself))
	if err != nil {
		return "", nil, fmt.Errorf("open checkpoint key: %w", err)
	}
	if err := flock(folder); err != nil {
		_ = folder.Close() // it was opened to be locked
		return "", nil, fmt.Errorf("lock checkpoint key: %w", err)
	}
	return itself, func() { _ = folder.Close() }, nil // which unlocks it
}

// writeNew writes a file that must not be there yet: complete, under another
// name first, so that no reader sees half of it.
func writeNew(path, text string, mode fs.FileMode) error {
	temporary, err := writeBeside(path, text, mode)
	defer func() { _ = os.Remove(temporary) }()
	if err != nil {
		return err
	}
	return os.Link(temporary, path) // fails when there is one
}

// replace writes a file in the place of the one that is there, with its mode and owner:
// a reader finds the old one or the new one, also after a crash.
func replace(path, text string) error {
	old, err := os.Stat(path)
	if err != nil {
		return err
	}
	temporary, err := writeBeside(path, text, old.Mode().Perm())
	defer func() { _ = os.Remove(temporary) }()
	if err != nil {
		return err
	}
	if err := giveTo(temporary, old); err != nil {
		return fmt.Errorf("give the new file to the owner of the old one: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// writeBeside writes a file under a name of its own in the folder of path.
func writeBeside(path, text string, mode fs.FileMode) (temporary string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".checkpoint-key-")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	return f.Name(), errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}
