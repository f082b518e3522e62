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

// ErrUnsafeKey says that others than the owner may read the key file. Make it
// mode 0600, and think about who read it meanwhile.
var ErrUnsafeKey = errors.New("checkpoint key file is not safe")

const keyMode fs.FileMode = 0o600

// Key signs checkpoints (Ed25519) and has the public key to check them with.
type Key struct {
	Signer note.Signer
	// Public is the verifier key in the form of golang.org/x/mod/sumdb/note, to
	// be handed to auditors.
	Public string
}

// Verifier checks what this key signed.
func (k Key) Verifier() (note.Verifier, error) { return ParsePublicKey(k.Public) }

// ParsePublicKey reads a public key as Key.Public has it.
func ParsePublicKey(public string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(public))
	if err != nil {
		return nil, fmt.Errorf("read checkpoint public key: %w", err)
	}
	return v, nil
}

// OpenKey reads the checkpoint key file. When there is none it makes a key of
// that name (no spaces or plus signs), and writes it (mode 0600) together with
// its public half in path.pub. Two processes that do so at the same time end with one key.
func OpenKey(path, name string) (Key, error) {
	k, err := ReadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return Key{}, fmt.Errorf("make checkpoint key: %w", err)
	}
	if err := writeNew(path, private+"\n"+public+"\n", keyMode); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return ReadKey(path)
		}
		return Key{}, fmt.Errorf("write checkpoint key: %w", err)
	}
	if err := os.WriteFile(path+".pub", []byte(public+"\n"), 0o644); err != nil { //nolint:gosec // a public key is for everybody
		return Key{}, fmt.Errorf("write checkpoint public key: %w", err)
	}
	return ReadKey(path)
}

// ReadKey reads the key file of [OpenKey], which has to be there.
func ReadKey(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("open checkpoint key: %w", err)
	}
	if why := keys.UnsafeMode(info.Mode()); why != "" {
		return Key{}, fmt.Errorf("%w: %s: %s", ErrUnsafeKey, path, why)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's configuration
	if err != nil {
		return Key{}, fmt.Errorf("read checkpoint key: %w", err)
	}
	private, public, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	signer, err := note.NewSigner(private)
	if err != nil {
		return Key{}, errors.New("read checkpoint key: malformed") // the library's error may hold the key
	}
	k := Key{Signer: signer, Public: strings.TrimSpace(public)}
	v, err := k.Verifier()
	if err != nil {
		return Key{}, err
	}
	if v.Name() != signer.Name() || v.KeyHash() != signer.KeyHash() {
		return Key{}, errors.New("read checkpoint key: its two halves do not belong together")
	}
	return k, nil
}

// writeNew writes a file that must not be there yet: complete, under another
// name first, so that no reader sees half of it.
func writeNew(path, text string, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".checkpoint-key-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path) // fails when there is one
}

// BeginAgain puts the key, and the file of its checkpoints, aside under names with the
// time, and makes a new key whose name has that day too: two logs that differ MUST NOT
// be signed by one key. The old public half stays readable beside it.
func BeginAgain(path, file string, at time.Time) (Key, error) {
	old, err := ReadKey(path)
	if err != nil {
		return Key{}, err
	}
	aside := ".before-" + at.UTC().Format("20060102T150405Z")
	// The key goes first: with it and without its checkpoints, the log would be signed again.
	for _, name := range []string{path, path + ".pub", file} {
		if name == "" {
			continue
		}
		if err := os.Rename(name, name+aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Key{}, fmt.Errorf("put the checkpoint key aside: %w", err)
		}
	}
	origin, _, _ := strings.Cut(old.Signer.Name(), "/since-")
	return OpenKey(path, origin+"/since-"+at.UTC().Format("20060102"))
}
