package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// ErrUnsafeKey says that others than the owner may read the key file. Make it
// mode 0600, and think about who read it meanwhile.
var ErrUnsafeKey = errors.New("checkpoint key file is not safe")

const keyMode fs.FileMode = 0o600

// Key signs checkpoints (Ed25519) and has the public keys to check them with.
type Key struct {
	// Signers sign each note: the active key, and during a planned change also the one
	// before it. All have one name, the log's origin.
	Signers []note.Signer
	// Public is the verifier key of the active key in the form of
	// golang.org/x/mod/sumdb/note, to be handed to auditors.
	Public string
	// Former are those of the keys before it, the newest first: what they signed for
	// this log stays good.
	Former []string
	// Changing is when the planned change began in which two keys sign; zero: one signs.
	Changing time.Time

	all PublicKeys
}

// PublicKeys check what this key signed, and what those before it signed.
func (k Key) PublicKeys() PublicKeys { return slices.Clone(k.all) }

// Signing are the verifier keys of those that sign.
func (k Key) Signing() []string {
	return append([]string{k.Public}, k.Former[:len(k.Signers)-1]...)
}

// OpenKey reads the checkpoint key file. Where the file is absent it makes a key of
// that name (no spaces or plus signs), and writes it (mode 0600) together with
// its public half in path.pub. Two processes that do so at the same time end with one key.
func OpenKey(path, name string) (Key, error) {
	f, err := readKeyFile(path)
	if err == nil {
		if !exists(path + ".pub") {
			_ = writePublic(path, f) // a crash left it out; or the folder is read-only, and needs none
		}
		return f.key()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Key{}, err
	}
	pair, err := newPair(name)
	if err != nil {
		return Key{}, err
	}
	f = keyFile{active: pair}
	if err := writeNew(path, f.text(), keyMode); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return ReadKey(path)
		}
		return Key{}, fmt.Errorf("write checkpoint key: %w", err)
	}
	if err := writePublic(path, f); err != nil {
		return Key{}, err
	}
	return f.key()
}

// ReadKey reads the key file of [OpenKey], which has to be there.
func ReadKey(path string) (Key, error) {
	f, err := readKeyFile(path)
	if err != nil {
		return Key{}, err
	}
	return f.key()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// writePublic writes the public halves beside the key, where they are not there yet.
func writePublic(path string, f keyFile) error {
	const forAll fs.FileMode = 0o644
	path += ".pub"
	there, err := os.ReadFile(path) //nolint:gosec // beside the operator's own path
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = writeNew(path, f.publicText(), forAll)
	case err == nil && string(there) != f.publicText():
		err = replace(path, f.publicText())
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write checkpoint public key: %w", err)
	}
	return nil
}
