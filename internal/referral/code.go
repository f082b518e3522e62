package referral

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
)

// MaxCode bounds a code or id that is shown, in bytes.
const MaxCode = 64

// Token returns s if it is a short code of the characters that codes are made of,
// and nil if it is not.
func Token(s string, maxLen int) *string {
	if s == "" || len(s) > maxLen {
		return nil
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			continue
		}
		return nil
	}
	return &s
}

// DigestID derives an opaque id from parts.
func DigestID(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
