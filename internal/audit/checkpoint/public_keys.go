package checkpoint

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// PublicKeys check what the keys of one log signed: the one in use, and those before it.
// A note is good when one of them signed it. All have one name, the log's origin.
type PublicKeys []note.Verifier

// ParsePublicKeys reads public keys as 'aggregator audit public-key' prints them, one a
// line in the form of golang.org/x/mod/sumdb/note (name+hash+key). A line may be there twice.
func ParsePublicKeys(text string) (PublicKeys, error) {
	var keys PublicKeys
	read := map[string]bool{}
	hashes := map[uint32]bool{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || read[line] {
			continue
		}
		read[line] = true
		v, err := note.NewVerifier(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read checkpoint public key: %w", err)
		case len(keys) > 0 && v.Name() != keys.origin():
			return nil, fmt.Errorf("read checkpoint public keys: they are of two logs, %q and %q: keep each log's keys in a file of their own", keys.origin(), v.Name())
		case hashes[v.KeyHash()]:
			return nil, fmt.Errorf("read checkpoint public keys: two of them have the hash %08x", v.KeyHash())
		}
		hashes[v.KeyHash()] = true
		keys = append(keys, v)
	}
	if len(keys) == 0 {
		return nil, errors.New("read checkpoint public key: the file has no key")
	}
	return keys, nil
}

// origin is the name of the log that the keys sign.
func (p PublicKeys) origin() string { return p[0].Name() }

// open checks a note. With an error the note says who signed it and nothing else; it is
// nil when no key has it.
func (p PublicKeys) open(signed []byte) (*note.Note, error) {
	if len(p) == 0 {
		return nil, fmt.Errorf("%w: no public key to check it with", ErrNotCheckpoint)
	}
	n, err := note.Open(signed, note.VerifierList(p...))
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		n = unverified.Note
	}
	if err != nil {
		return n, fmt.Errorf("%w: %w", ErrNotCheckpoint, err)
	}
	return n, nil
}

// other is name and hash of a key with the log's name that signed the note and is not
// among these; empty: none.
func (p PublicKeys) other(n *note.Note) string {
	if n == nil {
		return ""
	}
	for _, s := range n.UnverifiedSigs {
		if s.Name == p.origin() {
			return fmt.Sprintf("%s+%08x", s.Name, s.Hash)
		}
	}
	return ""
}
