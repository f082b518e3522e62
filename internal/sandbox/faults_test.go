package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func TestFaultsOfTheWayThereAndBack(t *testing.T) {
	a := newService(t)
	token := a.accessToken("bella")
	ask := func() (answer, error) {
		return a.try(http.MethodGet, a.referralsURL(a.nhsNumber("bella")), nil, a.ersHeaders(token)...)
	}
	good := a.referrals("bella", token)
	order := func(t *testing.T, f sandbox.Fault) {
		t.Helper()
		f.Upstream = sandbox.ERS
		t.Cleanup(a.s.Order(f))
	}
	t.Run("status", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Status, Status: http.StatusGatewayTimeout, RetryAfter: 1500 * time.Millisecond})
		res, err := ask()
		if err != nil || res.status != http.StatusGatewayTimeout || res.header.Get("Retry-After") != "2" {
			t.Errorf("%d %v %v", res.status, res.header, err)
		}
	})
	t.Run("delay", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Delay, Delay: 60 * time.Millisecond, Jitter: time.Millisecond})
		begin := time.Now()
		res, err := ask()
		if err != nil || res.status != http.StatusOK || time.Since(begin) < 60*time.Millisecond {
			t.Errorf("%d after %v, %v", res.status, time.Since(begin), err)
		}
	})
	t.Run("cut", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Cut})
		if res, err := ask(); err == nil {
			t.Errorf("an answer came: %d", res.status)
		}
	})
	t.Run("drip", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Drip, Delay: time.Nanosecond})
		res, err := ask()
		if err != nil || len(res.text) != len(good.text) {
			t.Errorf("%d bytes of %d, %v", len(res.text), len(good.text), err)
		}
	})
	t.Run("truncated", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Truncated})
		if _, err := ask(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the answer did not stop in the middle: %v", err)
		}
	})
	t.Run("malformed", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Malformed})
		if res, err := ask(); err != nil || res.status != http.StatusOK || json.Valid([]byte(res.text)) {
			t.Errorf("%d, valid JSON: %v, %v", res.status, json.Valid([]byte(res.text)), err)
		}
	})
	t.Run("wrong content type", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.WrongContentType})
		if res, err := ask(); err != nil || !strings.HasPrefix(res.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%q %v", res.header.Get("Content-Type"), err)
		}
	})
	t.Run("empty", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Empty})
		if res, err := ask(); err != nil || res.status != http.StatusOK || res.text != "" {
			t.Errorf("%d %q %v", res.status, res.text, err)
		}
	})
	t.Run("other resource", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.OtherResource})
		if res, err := ask(); err != nil || res.json(t)["resourceType"] != "Basic" {
			t.Errorf("%s %v", res.text, err)
		}
	})
	t.Run("a load balancer's page", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.HTML502})
		if res, err := ask(); err != nil || res.status != http.StatusBadGateway || !strings.Contains(res.text, "<h1>") {
			t.Errorf("%d %v", res.status, err)
		}
	})
	t.Run("throttled with and without Retry-After", func(t *testing.T) {
		cancel := a.s.Order(sandbox.Fault{Kind: sandbox.Throttled, Upstream: sandbox.ERS})
		res, _ := ask()
		cancel()
		if res.status != http.StatusTooManyRequests || res.header.Get("Retry-After") != "" {
			t.Errorf("%d %v", res.status, res.header)
		}
		order(t, sandbox.Fault{Kind: sandbox.Throttled, RetryAfter: 7 * time.Second})
		if res, _ := ask(); res.header.Get("Retry-After") != "7" {
			t.Errorf("%v", res.header)
		}
	})
	t.Run("string numbers", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.StringNumbers})
		if res, err := ask(); err != nil || res.json(t)["total"] != "1" {
			t.Errorf("%v %v", res.json(t)["total"], err)
		}
	})
	t.Run("a string where a list belongs", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.StringArrays})
		res, err := ask()
		if _, isText := res.json(t)["meta"].(map[string]any)["profile"].(string); err != nil || !isText {
			t.Errorf("%v %v", res.json(t)["meta"], err)
		}
	})
	t.Run("oversized", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Oversized})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.referralsURL(a.nhsNumber("bella")), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := a.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		const enough = 20 << 20
		if n, err := io.CopyN(io.Discard, res.Body, enough); err != nil {
			t.Errorf("only %d bytes: %v", n, err)
		}
	})
	t.Run("the recording names the fault", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.Empty})
		_, _ = ask()
		asked := a.s.Requests()
		if got := asked[len(asked)-1].Faults; len(got) != 1 || got[0] != "empty" {
			t.Errorf("%v", got)
		}
	})
	t.Run("a revoked token stays revoked", func(t *testing.T) {
		order(t, sandbox.Fault{Kind: sandbox.TokenRevoked, Count: 1})
		for range 2 {
			if res, _ := ask(); res.status != http.StatusUnauthorized {
				t.Errorf("%d", res.status)
			}
		}
	})
}

func TestAHangEndsWithTheClientAndWithTheSandbox(t *testing.T) {
	a := newService(t)
	a.s.Order(sandbox.Fault{Kind: sandbox.Hang, Upstream: sandbox.ODS})
	target := a.at.ODSBaseURL + "/organisation-data-terminology-api/fhir/Organization/RR8"
	a.client.Timeout = 50 * time.Millisecond
	if _, err := a.try(http.MethodGet, target, nil, "apikey", odsKey); err == nil {
		t.Error("an answer came")
	}
	a.client.Timeout = 0
	ended := make(chan error, 1)
	const code = "RR801" // another one: on a slow machine the first may have been cancelled before it arrived
	go func() {
		_, err := a.try(http.MethodGet, strings.TrimSuffix(target, "RR8")+code, nil, "apikey", odsKey)
		ended <- err
	}()
	arrived := func(r sandbox.Request) bool { return strings.HasSuffix(r.Path, code) }
	for !slices.ContainsFunc(a.s.Requests(), arrived) {
		select {
		case err := <-ended:
			t.Fatalf("the request ended by itself: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	a.s.Close()
	if err := <-ended; err == nil {
		t.Error("an answer came")
	}
}

func TestFaultsStrikeWhomTheyAreOrderedFor(t *testing.T) {
	a := newService(t)
	bella, nora := a.accessToken("bella"), a.accessToken("nora")
	t.Run("one citizen", func(t *testing.T) {
		defer a.s.Order(sandbox.Fault{Kind: sandbox.Status, Citizen: "bella"})()
		if b, n := a.referrals("bella", bella), a.referrals("nora", nora); b.status != 503 || n.status != 200 {
			t.Errorf("bella %d, nora %d", b.status, n.status)
		}
	})
	t.Run("one operation", func(t *testing.T) {
		defer a.s.Order(sandbox.Fault{Kind: sandbox.Status, Upstream: sandbox.ERS, Operation: "HealthcareService"})()
		if res := a.referrals("bella", bella); res.status != 200 {
			t.Errorf("%d", res.status)
		}
		if res := a.get(a.at.ERSBaseURL+"/FHIR/R4/HealthcareService/11002", a.ersHeaders(bella)...); res.status != 503 {
			t.Errorf("%d", res.status)
		}
	})
	t.Run("the next two requests", func(t *testing.T) {
		a.s.Order(sandbox.Fault{Kind: sandbox.Status, Upstream: sandbox.ERS, Count: 2})
		var got []int
		for range 3 {
			got = append(got, a.referrals("bella", bella).status)
		}
		if got[0] != 503 || got[1] != 503 || got[2] != 200 {
			t.Errorf("%v", got)
		}
	})
	t.Run("a citizen at sign-in and exchange", func(t *testing.T) {
		idToken, _ := a.signIn("bella")["id_token"].(string)
		defer a.s.Order(sandbox.Fault{Kind: sandbox.Status, Citizen: "bella"})()
		if res := a.authorize(authorizeQuery(func(q url.Values) { q.Set("sandbox_citizen", "bella") })); res.status != 503 {
			t.Errorf("authorize: %d", res.status)
		}
		if res := a.post(a.at.TokenURL, a.exchangeForm(idToken)); res.status != 503 {
			t.Errorf("exchange: %d", res.status)
		}
	})
	t.Run("a share of the requests, the same for the same seed", func(t *testing.T) {
		run := func() (struck []bool) {
			b := newService(t)
			token := b.accessToken("bella")
			b.s.Order(sandbox.Fault{Kind: sandbox.Status, Upstream: sandbox.ERS, Percent: 30})
			for range 60 {
				struck = append(struck, b.referrals("bella", token).status == 503)
			}
			return struck
		}
		one, two := run(), run()
		n := 0
		for i := range one {
			if one[i] != two[i] {
				t.Fatalf("request %d differs between two runs", i)
			}
			if one[i] {
				n++
			}
		}
		if n < 8 || n > 30 {
			t.Errorf("%d of 60 struck, not about 18", n)
		}
	})
	t.Run("a fault that cannot be is refused", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("an unknown kind was ordered")
			}
		}()
		a.s.Order(sandbox.Fault{Kind: "tea break"})
	})
}

// publishedBy fetches NHS login's keys again.
func (a *service) publishedBy() jose.JSONWebKeySet {
	a.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(a.get(a.at.NHSLoginIssuer+"/.well-known/jwks.json").text), &set); err != nil {
		a.t.Fatal(err)
	}
	return set
}

// verified returns the ID token's claims, or why the published keys do not prove it.
func (a *service) verified(citizen string, keys jose.JSONWebKeySet) (map[string]any, error) {
	a.t.Helper()
	raw, _ := a.signIn(citizen)["id_token"].(string)
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS512})
	if err != nil {
		a.t.Fatal(err)
	}
	var claims map[string]any
	return claims, token.Claims(keys, &claims)
}

func TestFaultsOfIdentity(t *testing.T) {
	a := newService(t)
	before := a.publishedBy()
	claims := func(t *testing.T, f sandbox.Fault) map[string]any {
		t.Helper()
		t.Cleanup(a.s.Order(f))
		c, err := a.verified("bella", before)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Run("wrong nonce", func(t *testing.T) {
		if got := claims(t, sandbox.Fault{Kind: sandbox.WrongNonce})["nonce"]; got == "nonce-1" {
			t.Error("the nonce is right")
		}
	})
	t.Run("wrong audience", func(t *testing.T) {
		if got := claims(t, sandbox.Fault{Kind: sandbox.WrongAudience})["aud"]; got == clientID {
			t.Error("the audience is right")
		}
	})
	t.Run("wrong issuer", func(t *testing.T) {
		if got := claims(t, sandbox.Fault{Kind: sandbox.WrongIssuer})["iss"]; got == a.at.NHSLoginIssuer {
			t.Error("the issuer is right")
		}
	})
	t.Run("expired", func(t *testing.T) {
		got, ok := claims(t, sandbox.Fault{Kind: sandbox.ExpiredToken})["exp"].(float64)
		if !ok || got >= float64(morning().Unix()) {
			t.Error("the token is still valid")
		}
	})
	t.Run("clock skew", func(t *testing.T) {
		got := claims(t, sandbox.Fault{Kind: sandbox.ClockSkew, Upstream: sandbox.NHSLogin, Operation: "token", Skew: 2 * time.Minute})["iat"]
		if got != float64(morning().Add(2*time.Minute).Unix()) {
			t.Errorf("issued at %v", got)
		}
	})
	t.Run("a skewed platform finds the assertion too long", func(t *testing.T) {
		idToken, _ := a.signIn("bella")["id_token"].(string)
		defer a.s.Order(sandbox.Fault{Kind: sandbox.ClockSkew, Upstream: sandbox.Platform, Skew: -2 * time.Minute})()
		if got, _ := a.post(a.at.TokenURL, a.exchangeForm(idToken)).json(t)["error_description"].(string); !strings.Contains(got, "more than 5 minutes") {
			t.Errorf("%q", got)
		}
	})
	t.Run("a rotated key is published, and stays", func(t *testing.T) {
		cancel := a.s.Order(sandbox.Fault{Kind: sandbox.RotatedKey})
		if _, err := a.verified("bella", before); err == nil {
			t.Error("the old keys prove the new signature")
		}
		if _, err := a.verified("bella", a.publishedBy()); err != nil {
			t.Errorf("the published keys do not prove it: %v", err)
		}
		cancel()
		if n := len(a.publishedBy().Keys); n != 2 {
			t.Errorf("%d keys are published", n)
		}
	})
	t.Run("a withdrawn key is published no more", func(t *testing.T) {
		defer a.s.Order(sandbox.Fault{Kind: sandbox.WithdrawnKey})()
		if _, err := a.verified("bella", a.publishedBy()); err == nil {
			t.Error("a published key proves a token of the withdrawn one")
		}
		if _, err := a.verified("bella", before); err != nil {
			t.Errorf("it was not signed with the withdrawn key: %v", err)
		}
	})
	t.Run("no private part is ever published", func(t *testing.T) {
		if text := a.get(a.at.NHSLoginIssuer + "/.well-known/jwks.json").text; strings.Contains(text, `"d"`) {
			t.Error(text)
		}
	})
}
