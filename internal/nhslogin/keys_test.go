package nhslogin_test

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// unsigned writes a token with a header of the attacker's own.
func unsigned(t *testing.T, claims map[string]any, alg, signature string) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"`+alg+`","kid":"key-1","typ":"JWT"}`)) + "." + enc(payload) + "." + signature
}

func says(w http.ResponseWriter, text string) {
	if _, err := w.Write([]byte(text)); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// tampered is a good token with another claim in it.
func tampered(t *testing.T, f *fake, nonce string) string {
	t.Helper()
	parts := strings.Split(sign(t, gojose.RS512, f.key, f.kid, f.claims(nonce)), ".")
	claims := f.claims(nonce)
	claims["nhs_number"] = "9990000026"
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
}

// accessTokenHash is at_hash (OpenID Connect Core 1.0, 3.1.3.6).
func accessTokenHash() string {
	sum := sha512.Sum512([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:32])
}

func TestKeys(t *testing.T) {
	first, second := newKey(t), newKey(t)
	t.Run("a flood of forged tokens fetches the key set only a few times", func(t *testing.T) {
		f, c := newFake(t, first)
		for i := range 40 {
			f.token = func(nonce string) string {
				return sign(t, gojose.RS512, second, "forged-"+strconv.Itoa(i), f.claims(nonce))
			}
			_, err := f.signIn(t, c, "")
			refused(t, "forged", err, problem.SignInFailed)
		}
		if f.keyFetches > 5 {
			t.Errorf("%d fetches", f.keyFetches)
		}
		f.token = f.signed(t, nil)
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Errorf("after the flood a citizen cannot sign in: %v", err)
		}
	})
	t.Run("a rotated key is picked up", func(t *testing.T) {
		f, c := newFake(t, first)
		f.token = f.signed(t, nil)
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Fatal(err)
		}
		f.key, f.kid = second, "key-2"
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a withdrawn key stops working within the hour", func(t *testing.T) {
		f, c := newFake(t, first)
		f.token = f.signed(t, nil)
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Fatal(err)
		}
		f.published = func() []gojose.JSONWebKey { return []gojose.JSONWebKey{public("key-2", second)} }
		f.pass(time.Hour)
		_, err := f.signIn(t, c, "")
		refused(t, "withdrawn", err, problem.SignInFailed)
	})
	t.Run("a key set that cannot be had is NHS login's trouble", func(t *testing.T) {
		for name, broken := range map[string]func(http.ResponseWriter){
			"down":       func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
			"a page":     func(w http.ResponseWriter) { says(w, "<html>eyJ") },
			"no key set": func(w http.ResponseWriter) { says(w, `{"error":"eyJ"}`) },
			"cut short":  func(w http.ResponseWriter) { w.Header().Set("Content-Length", "99"); says(w, `{"keys":[`) },
		} {
			f, c := newFake(t, first)
			f.token = f.signed(t, nil)
			f.broken["/keys"] = broken
			for range 6 {
				_, err := f.signIn(t, c, "")
				refused(t, name, err, problem.SignInUnavailable)
			}
			f.mu.Lock()
			delete(f.broken, "/keys")
			f.mu.Unlock()
			if _, err := f.signIn(t, c, ""); err != nil {
				t.Errorf("%s: does not recover: %v", name, err)
			}
		}
	})
}

func TestDiscovery(t *testing.T) {
	key := newKey(t)
	const path = "/.well-known/openid-configuration"
	down := func(w http.ResponseWriter) { http.Error(w, "eyJ "+number, http.StatusServiceUnavailable) }
	t.Run("NHS login down is sign_in_unavailable, and passes", func(t *testing.T) {
		f, c := newFake(t, key)
		f.token = f.signed(t, nil)
		f.broken[path] = down
		_, err := c.Begin(t.Context(), "")
		refused(t, "down", err, problem.SignInUnavailable)
		f.broken[path] = func(w http.ResponseWriter) { says(w, "<html>"+number) }
		_, err = c.Begin(t.Context(), "")
		refused(t, "a page", err, problem.SignInUnavailable)
		delete(f.broken, path)
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Errorf("does not recover: %v", err)
		}
	})
	t.Run("an older document serves while NHS login is down, and is not asked for each time", func(t *testing.T) {
		f, c := newFake(t, key)
		f.token = f.signed(t, nil)
		asked := 0
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Fatal(err)
		}
		f.broken[path] = func(w http.ResponseWriter) { asked++; down(w) }
		f.pass(2 * time.Hour)
		for range 5 {
			if _, err := f.signIn(t, c, ""); err != nil {
				t.Fatal(err)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		f.pass(2 * time.Minute)
		if _, err := c.Begin(t.Context(), ""); err != nil || asked != 2 {
			t.Errorf("asked %d times: %v", asked, err)
		}
		f.pass(11 * time.Hour)
		_, err := c.Begin(t.Context(), "")
		refused(t, "too old", err, problem.SignInUnavailable)
	})
	t.Run("a crowd reads one document, and nobody waits longer than they may", func(t *testing.T) {
		f, c := newFake(t, key)
		const crowd = 50
		var asked atomic.Int32
		arrived, release := make(chan struct{}), make(chan struct{})
		f.broken[path] = func(w http.ResponseWriter) {
			if asked.Add(1) == 1 {
				close(arrived)
			}
			<-release
			down(w)
		}
		var all sync.WaitGroup
		for range crowd {
			all.Go(func() {
				if _, err := c.Begin(t.Context(), ""); err == nil {
					t.Error("began without a document")
				}
			})
		}
		<-arrived
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Begin(ctx, "")
		refused(t, "gave up", err, problem.SignInUnavailable)
		close(release)
		all.Wait()
		if n := asked.Load(); n > crowd/5 { // one that comes late asks again
			t.Errorf("asked %d times", n)
		}
	})
	for name, change := range map[string]func(map[string]any){
		"another issuer":       func(d map[string]any) { d["issuer"] = "https://auth.example" },
		"no issuer":            func(d map[string]any) { delete(d, "issuer") },
		"no token endpoint":    func(d map[string]any) { delete(d, "token_endpoint") },
		"no authorize address": func(d map[string]any) { d["authorization_endpoint"] = "" },
		"no key set address":   func(d map[string]any) { d["jwks_uri"] = "keys" },
		"a script":             func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" },
		"odd PKCE":             func(d map[string]any) { d["code_challenge_methods_supported"] = "S256" },
	} {
		f, c := newFake(t, key)
		f.document = change
		_, err := c.Begin(t.Context(), "")
		refused(t, name, err, problem.SignInUnavailable)
	}
}

func TestEndpointsMustBeHTTPS(t *testing.T) {
	f, _ := newFake(t, newKey(t))
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		c := f.strict(t, func(d map[string]any) {
			for _, each := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
				d[each] = "https://auth.example/" + each
			}
			d[name] = "http://auth.example/" + name
		})
		_, err := c.Begin(t.Context(), "")
		refused(t, name, err, problem.SignInUnavailable)
		if err != nil && !strings.Contains(errors.Unwrap(err).Error(), "not https") {
			t.Errorf("%s: an operator is not told why: %v", name, err)
		}
	}
}
