package jose

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	minBits = 2048 // NHS login: RSA of 2048 bits or more
	// ownBits is the size of keys that are made here: 128 bits of strength (NIST SP
	// 800-57 part 1, table 2).
	ownBits = 3072
)

// Keys are the RSA keys of one registration. The first signs; the others are
// only published, so that what they signed can still be checked while a new key
// takes over.
type Keys struct{ private []jwk.Key }

// GenerateKey makes an RSA key as PEM (PKCS #8).
func GenerateKey() ([]byte, error) {
	k, err := rsa.GenerateKey(rand.Reader, ownBits)
	if err != nil {
		return nil, fmt.Errorf("generate RSA key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, fmt.Errorf("encode RSA key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParseKeys reads one or more PEM blocks (PKCS #8 or PKCS #1). ids name them in
// the same order, as they are registered with the NHS; a key without an id is
// named by its RFC 7638 thumbprint. Errors never repeat the key.
func ParseKeys(text []byte, ids []string) (*Keys, error) {
	var keys Keys
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			break
		}
		k, err := parseBlock(block, len(keys.private), ids)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d: %w", len(keys.private)+1, err)
		}
		keys.private = append(keys.private, k)
	}
	if len(keys.private) == 0 {
		return nil, errors.New("no PEM block with a private key found")
	}
	if len(ids) > len(keys.private) {
		return nil, fmt.Errorf("%d key ids for %d keys", len(ids), len(keys.private))
	}
	return &keys, nil
}

func parseBlock(block *pem.Block, n int, ids []string) (jwk.Key, error) {
	var raw any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		raw, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		raw, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, errors.New("want a PRIVATE KEY or an RSA PRIVATE KEY")
	}
	if err != nil {
		return nil, errors.New("the private key cannot be read")
	}
	private, ok := raw.(*rsa.PrivateKey)
	if !ok || private.N.BitLen() < minBits {
		return nil, fmt.Errorf("want an RSA key of %d bits or more", minBits)
	}
	k, err := jwk.FromRaw(private)
	if err != nil {
		return nil, fmt.Errorf("read RSA key: %w", err)
	}
	id := ""
	if n < len(ids) {
		id = ids[n]
	}
	if id == "" {
		sum, err := k.Thumbprint(crypto.SHA256)
		if err != nil {
			return nil, fmt.Errorf("compute thumbprint: %w", err)
		}
		id = base64.RawURLEncoding.EncodeToString(sum)
	}
	for name, value := range map[string]any{jwk.KeyIDKey: id, jwk.AlgorithmKey: jwa.RS512, jwk.KeyUsageKey: jwk.ForSignature} {
		if err := k.Set(name, value); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	return k, nil
}

// ID names the key that signs.
func (k *Keys) ID() string { return k.private[0].KeyID() }

// JWKS returns the public halves of all keys as a JWK Set. A key of several
// registrations appears once; two different keys under one id are an error.
func JWKS(registrations ...*Keys) ([]byte, error) {
	set := jwk.NewSet()
	seen := map[string]string{}
	for _, r := range registrations {
		for _, k := range r.private {
			public, err := k.PublicKey()
			if err != nil {
				return nil, fmt.Errorf("take public key: %w", err)
			}
			sum, err := public.Thumbprint(crypto.SHA256)
			if err != nil {
				return nil, fmt.Errorf("compute thumbprint: %w", err)
			}
			if other, ok := seen[k.KeyID()]; ok {
				if other != string(sum) {
					return nil, fmt.Errorf("two different keys have the id %q", k.KeyID())
				}
				continue
			}
			seen[k.KeyID()] = string(sum)
			if err := set.AddKey(public); err != nil {
				return nil, fmt.Errorf("add key %q: %w", k.KeyID(), err)
			}
		}
	}
	text, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode JWKS: %w", err)
	}
	return text, nil
}
