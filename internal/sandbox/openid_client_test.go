package sandbox_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func TestAnIndependentClientInAnotherLanguageSignsIn(t *testing.T) {
	folder := filepath.Join("testdata", "openid-client")
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(folder, "node_modules")); missing != nil || err != nil {
		const missing = "openid-client is not installed: run npm ci in internal/sandbox/testdata/openid-client"
		if os.Getenv("PCA_REQUIRE_TOOLS") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	a := newService(t)
	key, err := jose.JSONWebKey{Key: appKey(), KeyID: keyID, Algorithm: "RS512"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	input := mustJSON(t, map[string]any{
		"issuer": a.at.NHSLoginIssuer, "clientId": clientID, "callback": callback, "kid": keyID,
		"jwk": json.RawMessage(key), "citizen": "bella", "now": morning().Unix(),
	})
	var out, complaints bytes.Buffer
	command := exec.CommandContext(t.Context(), node, "sign-in.mjs")
	command.Dir, command.Stdin, command.Stdout, command.Stderr = folder, bytes.NewReader(input), &out, &complaints
	if err := command.Run(); err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	var got struct{ Claims, Userinfo map[string]any }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if got.Claims["nhs_number"] != a.nhsNumber("bella") || got.Claims["vot"] != "P9.Cp.Cd" || got.Userinfo["sub"] != got.Claims["sub"] {
		t.Errorf("%+v", got)
	}
}
