package jose_test

import (
	"encoding/json"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
)

func TestSign(t *testing.T) {
	keys, _ := newKeys(t, "key-1")
	signed, err := keys.Sign("receipt+jwt", map[string]string{"a": "<b>"})
	if err != nil {
		t.Fatal(err)
	}
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
	header := object.Signatures[0].Protected
	if header.KeyID != "key-1" || header.ExtraHeaders["typ"] != "receipt+jwt" {
		t.Errorf("header kid %q, typ %v", header.KeyID, header.ExtraHeaders["typ"])
	}
	var claims map[string]string
	if err := json.Unmarshal(payload, &claims); err != nil || claims["a"] != "<b>" {
		t.Errorf("claims %v, %v", claims, err)
	}
}
