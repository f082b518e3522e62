package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// Salt hides what a commitment is to. Each commitment has its own.
type Salt [16]byte

// NewSalt makes a random salt.
func NewSalt() Salt {
	var s Salt
	// crypto/rand.Read never fails (Go 1.24): it would end the process instead.
	_, _ = rand.Read(s[:])
	return s
}

// MarshalText is unpadded base64url.
func (s Salt) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, s[:]), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Salt) UnmarshalText(text []byte) error { return readText(s[:], text) }

// Commitment is a salted SHA-256. It proves what it is to to anybody who has the
// salt, and says nothing to others.
type Commitment [sha256.Size]byte

// commitTo is SHA-256(salt || content).
func commitTo(salt Salt, content []byte) Commitment {
	var buffer [512]byte
	return sha256.Sum256(append(append(buffer[:0], salt[:]...), content...))
}

// commitToWho is SHA-256(salt || list id || number as 8 bytes, big-endian).
func commitToWho(salt Salt, list ListID, number int64) Commitment {
	var content [len(list) + 8]byte
	copy(content[:], list[:])
	binary.BigEndian.PutUint64(content[len(list):], uint64(number)) //nolint:gosec // numbers begin at 1
	return commitTo(salt, content[:])
}

// String is unpadded base64url.
func (c Commitment) String() string { return base64.RawURLEncoding.EncodeToString(c[:]) }

// AppendText appends unpadded base64url.
func (c Commitment) AppendText(to []byte) ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(to, c[:]), nil
}

// MarshalText is unpadded base64url.
func (c Commitment) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText reads what MarshalText wrote.
func (c *Commitment) UnmarshalText(text []byte) error { return readText(c[:], text) }

var errNotText = errors.New("not unpadded base64url of that length")

// readText fills a value of a fixed length. Only the one spelling that is written is taken.
func readText(into, text []byte) error {
	if len(text) != base64.RawURLEncoding.EncodedLen(len(into)) {
		return errNotText
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(into, text); err != nil {
		return errNotText
	}
	return nil
}

// Note opens the commitment to the words of an act of staff.
type Note struct {
	Salt Salt   `json:"salt"`
	Text string `json:"text"`
}

// Opens reports whether the commitment was made from this.
func (n Note) Opens(commitment Commitment) bool {
	return commitTo(n.Salt, []byte(n.Text)) == commitment
}

// Correlation opens the commitment to a correlation id.
type Correlation struct {
	Salt Salt   `json:"salt"`
	ID   string `json:"id"`
}

// Opens reports whether the commitment was made from this.
func (c Correlation) Opens(commitment Commitment) bool {
	return commitTo(c.Salt, []byte(c.ID)) == commitment
}
