package jose_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	// The checks are made with another library than the one that signs.
	gojose "github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
)

func newKeys(t *testing.T, ids ...string) (*jose.Keys, []byte) {
	t.Helper()
	text, err := jose.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jose.ParseKeys(text, ids)
	if err != nil {
		t.Fatal(err)
	}
	return keys, text
}

// verified is what a token says, once its signature was verified with the published keys.
func verified(t *testing.T, keys *jose.Keys, signed string) (header gojose.Header, claims map[string]any) {
	t.Helper()
	published, err := jose.JWKS(keys)
	if err != nil {
		t.Fatal(err)
	}
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal(published, &set); err != nil {
		t.Fatal(err)
	}
	object, err := gojose.ParseSignedCompact(signed, []gojose.SignatureAlgorithm{gojose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := object.Verify(set)
	if err != nil {
		t.Fatalf("the published key does not verify it: %v", err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return object.Signatures[0].Protected, claims
}

func TestClientAssertion(t *testing.T) {
	keys, _ := newKeys(t, "key-1")
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	const audience = "https://int.api.service.nhs.uk/oauth2/token"
	signed, err := keys.ClientAssertion("the-client", audience, "jti-1", now)
	if err != nil {
		t.Fatal(err)
	}
	header, claims := verified(t, keys, signed)
	if header.KeyID != "key-1" || header.ExtraHeaders["typ"] != "JWT" {
		t.Errorf("header kid %q typ %v", header.KeyID, header.ExtraHeaders["typ"])
	}
	want := map[string]any{
		"iss": "the-client", "sub": "the-client", "aud": audience, "jti": "jti-1",
		"iat": float64(now.Unix()), "exp": float64(now.Add(jose.AssertionLife).Unix()),
	}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s is %v, want %v", name, claims[name], value)
		}
	}
}

func TestAnAssertedLoginIdentityNamesOneSignInForAMinute(t *testing.T) {
	keys, _ := newKeys(t, "key-1")
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	signed, expires, err := keys.AssertedLoginIdentity("the-client", "id-token-1", "jti-1", now)
	if err != nil {
		t.Fatal(err)
	}
	_, claims := verified(t, keys, signed)
	want := map[string]any{
		"iss": "the-client", "code": "id-token-1", "jti": "jti-1", "iat": float64(now.Unix()), "exp": float64(now.Add(time.Minute).Unix()),
	}
	if !maps.Equal(claims, want) || !expires.Equal(now.Add(time.Minute)) {
		t.Errorf("claims %v until %v", claims, expires)
	}
}

func TestJWKS(t *testing.T) {
	t.Run("no private parameter is published", func(t *testing.T) {
		keys, _ := newKeys(t)
		text, err := jose.JWKS(keys)
		if err != nil {
			t.Fatal(err)
		}
		var set struct{ Keys []map[string]any }
		if err := json.Unmarshal(text, &set); err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
				if _, there := k[private]; there {
					t.Errorf("the published key has %q", private)
				}
			}
			if k["alg"] != "RS512" || k["use"] != "sig" || k["kid"] == "" {
				t.Errorf("published %v", k)
			}
		}
	})
	t.Run("the old key stays published next to the new one that signs", func(t *testing.T) {
		_, older := newKeys(t)
		_, newer := newKeys(t)
		keys, err := jose.ParseKeys(append(newer, older...), []string{"new", "old"})
		if err != nil {
			t.Fatal(err)
		}
		text, err := jose.JWKS(keys, keys)
		if err != nil {
			t.Fatal(err)
		}
		if keys.ID() != "new" || strings.Count(string(text), `"kid"`) != 2 {
			t.Fatalf("signs with %q, publishes %s", keys.ID(), text)
		}
	})
	t.Run("two different keys under one id are refused", func(t *testing.T) {
		one, _ := newKeys(t, "same")
		other, _ := newKeys(t, "same")
		if _, err := jose.JWKS(one, other); err == nil {
			t.Fatal("published both")
		}
	})
}

func TestParseKeysRefuses(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	_, good := newKeys(t)
	for name, in := range map[string]struct {
		text []byte
		ids  []string
	}{
		"an empty file":       {nil, nil},
		"another kind of key": {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil},
		"a certificate":       {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil},
		"broken bytes":        {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), nil},
		"more ids than keys":  {good, []string{"a", "b"}},
	} {
		if _, err := jose.ParseKeys(in.text, in.ids); err == nil {
			t.Errorf("accepted %s", name)
		}
	}
}
