package keys

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// ErrNotOpened says that a sealed value was changed, was sealed for something
// else, or under a key that the ring no longer has. Treat the value as lost.
var ErrNotOpened = errors.New("sealed value cannot be opened")

const keySize = 32

// Ring is the deployment's set of keys. It is safe for concurrent use.
type Ring struct {
	keys    []key // the first is active
	derived sync.Map
}

type key struct {
	id     string
	secret [keySize]byte
}

// MAC is a keyed hash and the id of the key that made it.
type MAC struct {
	KeyID string
	Sum   [32]byte
}

// Generate makes the text of a new ring of one key.
func Generate(id string) string {
	var secret [keySize]byte
	// rand.Read never fails: it ends the program instead (Go 1.24).
	_, _ = rand.Read(secret[:])
	return id + ":" + base64.StdEncoding.EncodeToString(secret[:]) + "\n"
}

// Parse reads a ring. Blank lines and lines that begin with # are ignored.
// An error names the line and never repeats its content.
func Parse(text []byte) (*Ring, error) {
	var r Ring
	validID := regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, encoded, named := strings.Cut(line, ":")
		if !named {
			id, encoded = "1", line
		}
		if !validID.MatchString(id) {
			return nil, fmt.Errorf("key ring line %d: the id must be 1 to 32 letters, digits, - or _", n)
		}
		if slices.ContainsFunc(r.keys, func(k key) bool { return k.id == id }) {
			return nil, fmt.Errorf("key ring line %d: the id %q is used twice", n, id)
		}
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(secret) != keySize {
			return nil, fmt.Errorf("key ring line %d: want base64 of %d bytes", n, keySize)
		}
		r.keys = append(r.keys, key{id: id, secret: [keySize]byte(secret)})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	if len(r.keys) == 0 {
		return nil, errors.New("the key ring has no key")
	}
	return &r, nil
}

// ActiveID names the key that seals and hashes now.
func (r *Ring) ActiveID() string { return r.keys[0].id }

// MACs returns HMAC-SHA-256 of the data under every key of the ring for that
// purpose, the active key's first: store the first, look for all.
func (r *Ring) MACs(purpose string, data []byte) []MAC {
	macs := make([]MAC, len(r.keys))
	for i, k := range r.keys {
		mac := hmac.New(sha256.New, r.derive(k, "mac", purpose))
		mac.Write(data)
		macs[i] = MAC{KeyID: k.id, Sum: [32]byte(mac.Sum(nil))}
	}
	return macs
}

// Seal encrypts with AES-256-GCM under the active key for that purpose, bound to
// the associated data. The result names its key: length, id, nonce, ciphertext.
func (r *Ring) Seal(purpose string, plaintext, associated []byte) []byte {
	k := r.keys[0]
	sealed := append([]byte{byte(len(k.id))}, k.id...)                 //nolint:gosec // Parse bounds the id to 32 bytes
	return r.aead(k, purpose).Seal(sealed, nil, plaintext, associated) //nolint:gosec // this AEAD makes a random nonce itself
}

// Open returns what Seal was given, or ErrNotOpened.
func (r *Ring) Open(purpose string, sealed, associated []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, ErrNotOpened
	}
	id, box := string(sealed[1:1+sealed[0]]), sealed[1+sealed[0]:]
	i := slices.IndexFunc(r.keys, func(k key) bool { return k.id == id })
	if i < 0 {
		return nil, ErrNotOpened
	}
	plain, err := r.aead(r.keys[i], purpose).Open(nil, nil, box, associated)
	if err != nil {
		return nil, ErrNotOpened
	}
	return plain, nil
}

func (r *Ring) aead(k key, purpose string) cipher.AEAD {
	type slot struct{ id, purpose string }
	if found, ok := r.derived.Load(slot{k.id, purpose}); ok {
		return found.(cipher.AEAD) //nolint:errcheck // only this method stores here
	}
	block, err := aes.NewCipher(r.derive(k, "seal", purpose))
	if err != nil {
		panic(err) // unreachable: derive returns 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // unreachable: AES has GCM's block size
	}
	r.derived.Store(slot{k.id, purpose}, aead)
	return aead
}

// derive separates keys by use and purpose (HKDF, RFC 5869).
func (r *Ring) derive(k key, use, purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, k.secret[:], nil, "patient-care-aggregator/"+use+"/"+purpose, keySize)
	if err != nil {
		panic(err) // unreachable: 32 bytes are within HKDF's bound
	}
	return derived
}
