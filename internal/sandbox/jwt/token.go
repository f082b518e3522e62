package jwt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Errors of reading and verifying.
var (
	ErrMalformed = errors.New("malformed JWT")
	ErrNoKey     = errors.New("no matching public key")
	ErrSignature = errors.New("signature verification failed")
	ErrAlgorithm = errors.New("unsupported algorithm")
)

// Token is a JWT in compact form, read but not verified.
type Token struct {
	Header map[string]any
	Claims map[string]any
	raw    string
}

// Read takes a token apart, or fails with [ErrMalformed].
func Read(raw string) (Token, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || parts[2] == "" {
		return Token{}, ErrMalformed
	}
	t := Token{raw: raw}
	for i, into := range []*map[string]any{&t.Header, &t.Claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return Token{}, ErrMalformed
		}
		decoder := json.NewDecoder(bytes.NewReader(b))
		decoder.UseNumber()
		if err := decoder.Decode(into); err != nil || *into == nil {
			return Token{}, ErrMalformed
		}
	}
	return t, nil
}

// Verify proves the signature by the key of the token's kid, or by any key of
// the set when the token names none. It fails with [ErrAlgorithm], [ErrNoKey]
// or [ErrSignature].
func (t Token) Verify(keys jose.JSONWebKeySet, alg jose.SignatureAlgorithm) error {
	if Text(t.Header, "alg") != string(alg) {
		return ErrAlgorithm
	}
	candidates := keys.Keys
	if kid := Text(t.Header, "kid"); kid != "" {
		candidates = keys.Key(kid)
	}
	if len(candidates) == 0 {
		return ErrNoKey
	}
	signed, err := jose.ParseSignedCompact(t.raw, []jose.SignatureAlgorithm{alg})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	for _, key := range candidates {
		if _, err := signed.Verify(key); err == nil {
			return nil
		}
	}
	return ErrSignature
}

// Text returns a member that is a string; empty otherwise.
func Text(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}

// Time returns a member that is a whole number of seconds; ok is false otherwise.
func Time(m map[string]any, name string) (at time.Time, ok bool) {
	n, isNumber := m[name].(json.Number)
	if !isNumber {
		return time.Time{}, false
	}
	seconds, err := n.Int64()
	if err != nil || seconds > math.MaxInt32*int64(1000) {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0), true
}

// Has reports whether a member is there and not null.
func Has(m map[string]any, name string) bool { return m[name] != nil }

// Audience returns aud as a list; nil when it is neither a string nor strings.
func Audience(claims map[string]any) []string {
	switch aud := claims["aud"].(type) {
	case string:
		return []string{aud}
	case []any:
		var out []string
		for _, a := range aud {
			s, ok := a.(string)
			if !ok {
				return nil
			}
			out = append(out, s)
		}
		return out
	}
	return nil
}
