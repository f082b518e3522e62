package citizen

import (
	"crypto/aes"
	"crypto/cipher"
)

// Seal encrypts (AES-256-GCM) what this citizen brings back later, such as a place in a
// list, under their own secret: nobody reads it, and nobody else's opens.
func (c Citizen) Seal(purpose string, plaintext []byte) []byte {
	return c.aead(purpose).Seal(nil, nil, plaintext, nil) //nolint:gosec // this AEAD makes a random nonce itself
}

// Open returns what Seal was given; ok is false for anything else.
func (c Citizen) Open(purpose string, sealed []byte) (plaintext []byte, ok bool) {
	plaintext, err := c.aead(purpose).Open(nil, nil, sealed, nil)
	return plaintext, err == nil
}

func (c Citizen) aead(purpose string) cipher.AEAD {
	key := c.KeyedDigest("seal/"+purpose, nil)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // unreachable: the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // unreachable: AES has GCM's block size
	}
	return aead
}
