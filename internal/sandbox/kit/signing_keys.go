package kit

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Ids of the keys.
const (
	NHSLoginKey     = "sandbox-nhs-login-1"
	NHSLoginNextKey = "sandbox-nhs-login-2" // takes over when a rotation is ordered
	StaffKey        = "sandbox-staff-1"
	TourKey         = "sandbox-tour-1" // of the app with which a person tries the sandbox by hand
)

//go:embed keys.json
var signingKeys []byte

// SigningKeys are the keys with which the sandbox signs. They are fixed, so that a
// sandbox starts quickly and tokens survive a restart, and they are published with
// the source, so nothing outside loopback may trust them. Safe for concurrent use.
type SigningKeys struct{ set jose.JSONWebKeySet }

// OpenSigningKeys reads the keys.
func OpenSigningKeys() (*SigningKeys, error) {
	var k SigningKeys
	if err := json.Unmarshal(signingKeys, &k.set); err != nil {
		return nil, fmt.Errorf("read the sandbox's signing keys: %w", err)
	}
	return &k, nil
}

// Public returns the public halves of the named keys, as a JWKS shows them.
func (k *SigningKeys) Public(ids ...string) jose.JSONWebKeySet {
	var out jose.JSONWebKeySet
	for _, id := range ids {
		for _, key := range k.set.Key(id) {
			out.Keys = append(out.Keys, key.Public())
		}
	}
	return out
}

// Sign makes a compact JWT of claims with the named key; extra goes into the
// protected header with alg, kid and typ.
func (k *SigningKeys) Sign(id string, extra map[string]any, claims any) (string, error) {
	found := k.set.Key(id)
	if len(found) != 1 {
		return "", fmt.Errorf("sign: no key %q", id)
	}
	opts := (&jose.SignerOptions{}).WithType("JWT")
	for name, value := range extra {
		opts = opts.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(found[0].Algorithm), Key: found[0]}, opts)
	if err != nil {
		return "", fmt.Errorf("sign with %q: %w", id, err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sign with %q: %w", id, err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign with %q: %w", id, err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("sign with %q: %w", id, err)
	}
	return out, nil
}
