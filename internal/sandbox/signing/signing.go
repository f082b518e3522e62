package signing

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Ids of the keys.
const (
	NHSLogin     = "sandbox-nhs-login-1"
	NHSLoginNext = "sandbox-nhs-login-2" // takes over when a rotation is ordered
	Staff        = "sandbox-staff-1"
	Tour         = "sandbox-tour-1" // of the app with which a person tries the sandbox by hand
)

//go:embed keys.json
var keys []byte

// Ring holds every key. It is read once and safe for concurrent use.
type Ring struct{ set jose.JSONWebKeySet }

// Open reads the keys.
func Open() (*Ring, error) {
	var r Ring
	if err := json.Unmarshal(keys, &r.set); err != nil {
		return nil, fmt.Errorf("read the sandbox's signing keys: %w", err)
	}
	return &r, nil
}

// Public gives the public halves of the named keys, as a JWKS shows them.
func (r *Ring) Public(ids ...string) jose.JSONWebKeySet {
	var out jose.JSONWebKeySet
	for _, id := range ids {
		for _, key := range r.set.Key(id) {
			out.Keys = append(out.Keys, key.Public())
		}
	}
	return out
}

// Sign makes a compact JWT of claims with the named key; extra goes into the
// protected header beside alg, kid and typ.
func (r *Ring) Sign(id string, extra map[string]any, claims any) (string, error) {
	found := r.set.Key(id)
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
