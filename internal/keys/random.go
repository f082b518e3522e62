package keys

import (
	"encoding/base32"
	"fmt"
	"io"
)

// RandomText reads a new secret or identifier from random: 26 letters and digits
// that carry 130 bits (RFC 4648, 6). random is crypto/rand.Reader outside tests
// and MUST be safe for concurrent use. Like crypto/rand, it panics when random
// fails: nothing secret can be made then.
func RandomText(random io.Reader) string {
	const bits, perLetter = 130, 5
	raw := make([]byte, (bits+7)/8)
	if _, err := io.ReadFull(random, raw); err != nil {
		panic(fmt.Sprintf("keys: read randomness: %v", err))
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)[:bits/perLetter]
}
