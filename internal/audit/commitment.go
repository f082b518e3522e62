package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Salt hides the id behind a commitment. Each entry has its own.
type Salt [32]byte

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
func (s *Salt) UnmarshalText(text []byte) error {
	raw, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil || len(raw) != len(s) {
		return errors.New("not a salt")
	}
	copy(s[:], raw)
	return nil
}

// Commitment is SHA-256(salt || correlation id). It proves an id to anybody who
// has the salt, and says nothing to others. Zero means that there is no id.
type Commitment [sha256.Size]byte

// Commit returns the commitment to an id.
func Commit(salt Salt, id string) Commitment {
	return sha256.Sum256(append(salt[:], id...))
}

// String is unpadded base64url.
func (c Commitment) String() string { return base64.RawURLEncoding.EncodeToString(c[:]) }

// Correlation is the row of the side table that opens a commitment.
type Correlation struct {
	Salt Salt   `json:"salt"`
	ID   string `json:"id"`
}

// Opens reports whether this row is what the commitment was made from.
func (c Correlation) Opens(commitment Commitment) bool { return Commit(c.Salt, c.ID) == commitment }
