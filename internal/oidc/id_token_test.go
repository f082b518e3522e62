package oidc_test

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/oidc/oidctest"
)

func TestClaimsThatAreRejected(t *testing.T) {
	f := setUp(t)
	at := func(d time.Duration) int64 { return f.Now().Add(d).Unix() }
	for name, changes := range map[string]map[string]any{
		"another issuer":       {"iss": "https://auth.example"},
		"no issuer":            {"iss": nil},
		"no subject":           {"sub": nil},
		"an empty subject":     {"sub": ""},
		"another audience":     {"aud": "other"},
		"two audiences":        {"aud": []string{oidctest.ClientID, "other"}},
		"two audiences, azp":   {"aud": []string{oidctest.ClientID, "other"}, "azp": oidctest.ClientID},
		"no audience":          {"aud": nil},
		"an empty audience":    {"aud": []string{}},
		"another azp":          {"azp": "other"},
		"azp as a list":        {"azp": []string{oidctest.ClientID}},
		"another nonce":        {"nonce": "other"},
		"no nonce":             {"nonce": nil},
		"issued in the future": {"iat": at(6 * time.Minute)},
		"issued long ago":      {"iat": at(-11 * time.Minute)},
		"never issued":         {"iat": nil},
		"expired":              {"exp": at(-6 * time.Minute)},
		"never expiring":       {"exp": nil},
		"expiring some day":    {"exp": "tomorrow 9990000018"},
		"not valid yet":        {"nbf": at(time.Hour)},
		"another access token": {"at_hash": strings.Repeat("A", 43)},
	} {
		f.With(changes)
		_, err := f.signIn("")
		ends(t, name, err, oidc.ErrInvalid)
	}
}

func TestClaimsThatAreAccepted(t *testing.T) {
	f := setUp(t)
	sum := sha512.Sum512([]byte(oidctest.AccessToken))
	at := func(d time.Duration) int64 { return f.Now().Add(d).Unix() }
	for name, changes := range map[string]map[string]any{
		"our azp":                 {"azp": oidctest.ClientID},
		"audience as a list":      {"aud": []string{oidctest.ClientID}},
		"unknown claims":          {"new": map[string]any{"a": 1}},
		"the access token's hash": {"at_hash": base64.RawURLEncoding.EncodeToString(sum[:32])},
		"fractions of seconds":    {"iat": float64(at(0)) + .5, "exp": float64(at(time.Hour)) + .5, "nbf": float64(at(0)) + .25},
		"dated back":              {"iat": at(-5 * time.Minute), "nbf": at(-5 * time.Minute)},
		// The request did not ask for a fresh sign-in, so auth_time is not needed.
		"an auth_time of 1700000000.5":      {"auth_time": 1700000000.5},
		"an auth_time that is not a number": {"auth_time": "yesterday"},
	} {
		f.With(changes)
		if _, err := f.signIn(""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every time in the token is shifted alike, as by a provider whose clock is wrong.
func TestAProvidersClockMayBeALittleOff(t *testing.T) {
	for off, want := range map[time.Duration]error{
		0: nil, 70 * time.Second: nil, -70 * time.Second: nil, -180 * time.Second: nil,
		oidc.ClockTolerance - time.Second: nil, -oidc.ClockTolerance + time.Second: nil,
		oidc.ClockTolerance + time.Second: oidc.ErrInvalid, -oidc.ClockTolerance - time.Second: oidc.ErrInvalid,
	} {
		f := setUp(t)
		there := f.Now().Add(off)
		f.With(map[string]any{"iat": there.Unix(), "nbf": there.Unix(), "exp": there.Add(time.Hour).Unix(), "auth_time": there.Unix()})
		_, err := f.signIn("login")
		ends(t, off.String(), err, want)
	}
}

func TestSignInAfterPromptLoginMustBeFresh(t *testing.T) {
	f := setUp(t)
	now := f.Now().Unix()
	for name, c := range map[string]struct {
		authTime any
		want     error
	}{
		"now":              {now, nil},
		"with a fraction":  {float64(now) + .5, nil},
		"with an exponent": {json.RawMessage("1.772445600e9"), nil}, // f.Now()
		"a while ago":      {now - 600, oidc.ErrInvalid},
		"1700000000.5":     {1700000000.5, oidc.ErrInvalid},
		"yesterday":        {now - 86400, oidc.ErrInvalid},
		"tomorrow":         {now + 86400, oidc.ErrInvalid},
		"missing":          {nil, oidc.ErrInvalid},
		"zero":             {0, oidc.ErrInvalid},
		"a text":           {"1772445600", oidc.ErrInvalid},
	} {
		f.With(map[string]any{"auth_time": c.authTime})
		if _, err := f.signIn(""); err != nil {
			t.Errorf("%s, without a prompt: %v", name, err)
		}
		_, err := f.signIn("login")
		ends(t, name, err, c.want)
	}
}

func TestSignaturesThatAreRejected(t *testing.T) {
	f := setUp(t)
	stranger := oidctest.OtherKey()
	forged := func(alg jose.SignatureAlgorithm, key any, kid string) func(map[string]any) string {
		return func(claims map[string]any) string { return f.Sign(alg, key, kid, claims) }
	}
	unsigned := func(alg string) func(map[string]any) string {
		return func(claims map[string]any) string {
			payload, err := json.Marshal(claims)
			if err != nil {
				t.Fatal(err)
			}
			enc := base64.RawURLEncoding.EncodeToString
			return enc([]byte(`{"alg":"`+alg+`","kid":"key-1","typ":"JWT"}`)) + "." + enc(payload) + "."
		}
	}
	for name, token := range map[string]func(map[string]any) string{
		"RS256":                     forged(jose.RS256, f.Key, "key-1"),
		"PS512":                     forged(jose.PS512, f.Key, "key-1"),
		"HS512 with the public key": forged(jose.HS512, f.Key.N.Bytes(), "key-1"),
		"another key under the id":  forged(jose.RS512, stranger, "key-1"),
		"an unknown key id":         forged(jose.RS512, stranger, "key-9"),
		"another key without an id": forged(jose.RS512, stranger, ""),
		"no algorithm":              unsigned("none"),
		"no algorithm, in capitals": unsigned("NONE"),
		"no signature":              unsigned("RS512"),
		"a changed claim": func(claims map[string]any) string {
			parts := strings.Split(f.Sign(jose.RS512, f.Key, f.KeyID, claims), ".")
			claims["sub"] = "somebody else"
			other := strings.Split(f.Sign(jose.RS512, f.Key, f.KeyID, claims), ".")
			return parts[0] + "." + other[1] + "." + parts[2]
		},
		"no token":                func(map[string]any) string { return "" },
		"two parts":               func(map[string]any) string { return "eyJhbGciOiJSUzUxMiJ9.e30" },
		"not base64":              func(map[string]any) string { return "a.b.c" },
		"the other form of a JWS": func(map[string]any) string { return `{"payload":"e30","signatures":[]}` },
	} {
		f.Token = token
		_, err := f.signIn("")
		ends(t, name, err, oidc.ErrInvalid)
	}
	f.Token = nil
	t.Run("a good one without a key id is accepted", func(t *testing.T) {
		f.KeyID = ""
		if _, err := f.signIn(""); err != nil {
			t.Error(err)
		}
	})
}
