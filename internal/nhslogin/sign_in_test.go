package nhslogin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

func refused(t *testing.T, name string, err error, want problem.Code) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: accepted", name)
		return
	}
	if got := problem.From(err).Code; got != want {
		t.Errorf("%s: %s, want %s (%v)", name, got, want, err)
	}
	leaksNothing(t, err)
}

func TestSignIn(t *testing.T) {
	f, c := newFake(t, newKey(t))
	f.token = f.signed(t, nil)
	who, err := f.signIn(t, c, "")
	if err != nil {
		t.Fatal(err)
	}
	if who.NHSNumber.Reveal() != number || who.IDTokenID != "id-token-1" || !who.IDTokenExpires.Equal(f.now.Add(time.Hour)) || !strings.HasPrefix(who.IDToken.Reveal(), "eyJ") {
		t.Errorf("signed in as %+v", who)
	}
	if _, err := f.signIn(t, c, ""); err != nil {
		t.Fatal(err)
	}
	if len(f.exchanges) != 2 || f.documents != 1 || f.keyFetches != 1 {
		t.Errorf("%d exchanges, %d documents, %d key fetches for 2 sign-ins", len(f.exchanges), f.documents, f.keyFetches)
	}
	first, second := f.exchanges[0], f.exchanges[1]
	want := url.Values{
		"grant_type": {"authorization_code"}, "code": {"code-secret"}, "redirect_uri": {"https://service.example/auth/callback"}, "client_id": {clientID},
		"client_assertion_type": {jose.ClientAssertionType}, "client_assertion": first["client_assertion"], "code_verifier": first["code_verifier"],
	}
	if diff := cmp.Diff(want, first); diff != "" || first.Get("code_verifier") == "" {
		t.Error(diff)
	}
	if assertionID(t, first) == assertionID(t, second) {
		t.Error("two assertions have one jti")
	}
}

func assertionID(t *testing.T, form url.Values) any {
	t.Helper()
	object, err := gojose.ParseSignedCompact(form.Get("client_assertion"), []gojose.SignatureAlgorithm{gojose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(object.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	return claims["jti"]
}

func TestAuthorizeRequest(t *testing.T) {
	f, c := newFake(t, newKey(t))
	for _, prompt := range []string{"", "none", "login"} {
		a, err := c.Begin(t.Context(), prompt)
		if err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse(a.URL("the-state"))
		if err != nil {
			t.Fatal(err)
		}
		q := address.Query()
		for name, want := range map[string]string{
			"response_type": "code", "client_id": clientID, "redirect_uri": "https://service.example/auth/callback", "scope": "openid profile",
			"state": "the-state", "nonce": a.Nonce, "vtr": `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`, "prompt": prompt, "code_challenge_method": "S256",
		} {
			if got := q.Get(name); got != want {
				t.Errorf("prompt %q: %s is %q, want %q", prompt, name, got, want)
			}
		}
		for _, never := range []string{"max_age", "login_hint", "acr_values", "response_mode", "ui_locales"} {
			if q.Has(never) {
				t.Errorf("%s is not supported by NHS login", never)
			}
		}
		if a.FreshSince.IsZero() != (prompt != "login") {
			t.Errorf("prompt %q: fresh since %v", prompt, a.FreshSince)
		}
	}
	one, _ := c.Begin(t.Context(), "")
	other, _ := c.Begin(t.Context(), "")
	if one.Nonce == other.Nonce || one.CodeVerifier == other.CodeVerifier {
		t.Error("two sign-ins share a nonce or a verifier")
	}
	t.Run("no PKCE where NHS login does not list it", func(t *testing.T) {
		f, c := newFake(t, f.key)
		f.document = func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} }
		a, err := c.Begin(t.Context(), "")
		if err != nil || a.CodeVerifier != "" || strings.Contains(a.URL("s"), "code_challenge") {
			t.Errorf("%q, %v", a.CodeVerifier, err)
		}
	})
}

func TestTokensThatAreRefused(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	f, c := newFake(t, key)
	set := func(name string, value any) func(map[string]any) {
		return func(claims map[string]any) {
			if value == nil {
				delete(claims, name)
				return
			}
			claims[name] = value
		}
	}
	at := func(d time.Duration) int64 { return f.now.Add(d).Unix() }
	for name, change := range map[string]struct {
		change func(map[string]any)
		want   problem.Code
	}{
		"another issuer":            {set("iss", "https://auth.example"), problem.SignInFailed},
		"no issuer":                 {set("iss", nil), problem.SignInFailed},
		"another audience":          {set("aud", "other"), problem.SignInFailed},
		"two audiences":             {set("aud", []string{clientID, "other"}), problem.SignInFailed},
		"no audience":               {set("aud", nil), problem.SignInFailed},
		"another azp":               {set("azp", "other"), problem.SignInFailed},
		"another nonce":             {set("nonce", "other"), problem.SignInFailed},
		"no nonce":                  {set("nonce", nil), problem.SignInFailed},
		"issued in the future":      {set("iat", at(2*time.Minute)), problem.SignInFailed},
		"issued long ago":           {set("iat", at(-11*time.Minute)), problem.SignInFailed},
		"never issued":              {set("iat", nil), problem.SignInFailed},
		"expired":                   {set("exp", at(-time.Second)), problem.SignInFailed},
		"never expiring":            {set("exp", nil), problem.SignInFailed},
		"expiring some day":         {set("exp", "tomorrow 9990000018"), problem.SignInFailed},
		"not valid yet":             {set("nbf", at(time.Hour)), problem.SignInFailed},
		"another access token":      {set("at_hash", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), problem.SignInFailed},
		"no jti":                    {set("jti", nil), problem.SignInFailed},
		"an empty jti":              {set("jti", ""), problem.SignInFailed},
		"a number for NHS number":   {set("nhs_number", 9990000018), problem.SignInFailed},
		"a vector not asked for":    {set("vot", "P9.Cp"), problem.IdentityLevelTooLow},
		"several vectors":           {set("vot", "P9.Cp.Cd.Ck"), problem.IdentityLevelTooLow},
		"no vector":                 {set("vot", nil), problem.IdentityLevelTooLow},
		"level P5":                  {set("identity_proofing_level", "P5"), problem.IdentityLevelTooLow},
		"a vector of P5":            {set("vot", "P5.Cp.Cd"), problem.IdentityLevelTooLow},
		"no level":                  {set("identity_proofing_level", nil), problem.IdentityLevelTooLow},
		"no NHS number":             {set("nhs_number", nil), problem.NoNHSNumber},
		"a wrong check digit":       {set("nhs_number", "9990000019"), problem.NoNHSNumber},
		"an NHS number in groups":   {set("nhs_number", "999 000 0018"), problem.NoNHSNumber},
		"no birthdate":              {set("birthdate", nil), problem.AgeUnknown},
		"a birthdate that is none":  {set("birthdate", "02/01/1980"), problem.AgeUnknown},
		"a month that is none":      {set("birthdate", "1980-13-02"), problem.AgeUnknown},
		"a year alone":              {set("birthdate", "1980"), problem.AgeUnknown},
		"a birthdate in the future": {set("birthdate", "2026-03-03"), problem.AgeUnknown},
		"a birthdate of year 0":     {set("birthdate", "0000-01-01"), problem.AgeUnknown},
		"a birthdate long ago":      {set("birthdate", "1890-01-01"), problem.AgeUnknown},
		"a child":                   {set("birthdate", "2016-03-02"), problem.Under16},
	} {
		f.token = f.signed(t, change.change)
		_, err := f.signIn(t, c, "")
		refused(t, name, err, change.want)
	}

	forged := func(alg gojose.SignatureAlgorithm, key any, kid string) func(string) string {
		return func(nonce string) string { return sign(t, alg, key, kid, f.claims(nonce)) }
	}
	modulus := key.N.Bytes()
	for name, token := range map[string]func(string) string{
		"RS256":                     forged(gojose.RS256, key, "key-1"),
		"PS512":                     forged(gojose.PS512, key, "key-1"),
		"HS512 with the public key": forged(gojose.HS512, modulus, "key-1"),
		"another key under the id":  forged(gojose.RS512, stranger, "key-1"),
		"an unknown key id":         forged(gojose.RS512, stranger, "key-9"),
		"another key without an id": forged(gojose.RS512, stranger, ""),
		"no algorithm":              func(nonce string) string { return unsigned(t, f.claims(nonce), "none", "") },
		"no algorithm, in capitals": func(nonce string) string { return unsigned(t, f.claims(nonce), "NONE", "") },
		"no signature":              func(nonce string) string { return unsigned(t, f.claims(nonce), "RS512", "") },
		"a changed claim":           func(nonce string) string { return tampered(t, f, nonce) },
		"no token":                  func(string) string { return "" },
		"two parts":                 func(string) string { return "eyJhbGciOiJSUzUxMiJ9.e30" },
		"not base64":                func(string) string { return "a.b.c" },
		"the other form of a JWS":   func(string) string { return `{"payload":"e30","signatures":[]}` },
	} {
		f.token = token
		_, err := f.signIn(t, c, "")
		refused(t, name, err, problem.SignInFailed)
	}
}

func TestTokensThatAreAccepted(t *testing.T) {
	f, c := newFake(t, newKey(t))
	for name, change := range map[string]func(map[string]any){
		"our azp":                 func(claims map[string]any) { claims["azp"] = clientID },
		"audience as a list":      func(claims map[string]any) { claims["aud"] = []string{clientID} },
		"a clock a little ahead":  func(claims map[string]any) { claims["iat"] = f.now.Add(50 * time.Second).Unix() },
		"unknown claims":          func(claims map[string]any) { claims["new"] = map[string]any{"a": 1} },
		"P9.Cp.Ck":                func(claims map[string]any) { claims["vot"] = "P9.Cp.Ck" },
		"P9.Cm":                   func(claims map[string]any) { claims["vot"] = "P9.Cm" },
		"the access token's hash": func(claims map[string]any) { claims["at_hash"] = accessTokenHash() },
	} {
		f.token = f.signed(t, change)
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignInAfterPromptLoginMustBeFresh(t *testing.T) {
	f, c := newFake(t, newKey(t))
	for _, c2 := range []struct {
		ago  time.Duration
		want problem.Code
	}{{0, ""}, {30 * time.Second, ""}, {2 * time.Minute, problem.SignInFailed}, {24 * time.Hour, problem.SignInFailed}} {
		f.token = f.signed(t, func(claims map[string]any) { claims["auth_time"] = f.now.Add(-c2.ago).Unix() })
		if _, err := f.signIn(t, c, ""); err != nil {
			t.Errorf("without prompt, signed in %s ago: %v", c2.ago, err)
		}
		_, err := f.signIn(t, c, "login")
		if c2.want == "" {
			if err != nil {
				t.Errorf("signed in %s ago: %v", c2.ago, err)
			}
			continue
		}
		refused(t, c2.ago.String(), err, c2.want)
	}
}

func TestAge(t *testing.T) {
	f, c := newFake(t, newKey(t))
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, c2 := range []struct {
		birthdate string
		now       time.Time
		want      problem.Code
	}{
		{"2010-03-02", time.Date(2026, 3, 1, 23, 59, 59, 0, london), problem.Under16},
		{"2010-03-02", time.Date(2026, 3, 2, 0, 0, 0, 0, london), ""},
		{"2010-07-10", time.Date(2026, 7, 9, 23, 59, 59, 0, london), problem.Under16}, // 22:59:59 UTC
		{"2010-07-10", time.Date(2026, 7, 9, 23, 0, 0, 0, time.UTC), ""},              // midnight in London
		{"2008-02-29", time.Date(2024, 2, 28, 23, 59, 59, 0, london), problem.Under16},
		{"2008-02-29", time.Date(2024, 2, 29, 0, 0, 0, 0, london), ""},
		{"2084-02-29", time.Date(2100, 2, 28, 23, 59, 59, 0, london), problem.Under16}, // 2100 has no 29 February
		{"2084-02-29", time.Date(2100, 3, 1, 0, 0, 0, 0, london), ""},
		{"2026-03-02", time.Date(2026, 3, 2, 10, 0, 0, 0, london), problem.Under16}, // born today
	} {
		f.now = c2.now
		f.token = f.signed(t, func(claims map[string]any) { claims["birthdate"] = c2.birthdate })
		_, err := f.signIn(t, c, "")
		if c2.want == "" {
			if err != nil {
				t.Errorf("born %s, at %s: %v", c2.birthdate, c2.now, err)
			}
			continue
		}
		refused(t, c2.birthdate, err, c2.want)
	}
}

func TestTokenEndpointErrors(t *testing.T) {
	f, c := newFake(t, newKey(t))
	f.token = f.signed(t, nil)
	answer := func(status int, kind, body string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			if _, err := w.Write([]byte(body)); err != nil {
				t.Error(err)
			}
			return true
		}
	}
	quoting := func(code string) string {
		return `{"error":"` + code + `","error_description":"code-secret 9990000018 eyJhbGciOiJSUzUxMiJ9 Day"}`
	}
	const asJSON = "application/json"
	for name, c2 := range map[string]struct {
		answer func(http.ResponseWriter) bool
		want   problem.Code
	}{
		"a used code":                 {answer(400, asJSON, quoting("invalid_grant")), problem.SignInExpired},
		"our assertion refused":       {answer(401, asJSON, quoting("invalid_client")), problem.SignInUnavailable},
		"our request refused":         {answer(400, asJSON, quoting("invalid_request")), problem.SignInUnavailable},
		"an unknown code":             {answer(400, asJSON, quoting("code-secret")), problem.SignInUnavailable},
		"in trouble":                  {answer(500, "text/html", "<p>code-secret"), problem.SignInUnavailable},
		"throttled":                   {answer(429, asJSON, ""), problem.SignInUnavailable},
		"an error with status 200":    {answer(200, asJSON, quoting("invalid_grant")), problem.SignInExpired},
		"a page":                      {answer(200, "text/html", "<p>code-secret"), problem.SignInUnavailable},
		"nothing":                     {answer(200, asJSON, ""), problem.SignInUnavailable},
		"no access token":             {answer(200, asJSON, `{"id_token":"eyJ"}`), problem.SignInUnavailable},
		"no ID token":                 {answer(200, asJSON, `{"access_token":"access-token-secret","token_type":"bearer"}`), problem.SignInFailed},
		"an ID token of another type": {answer(200, asJSON, `{"access_token":"x","token_type":"bearer","id_token":{"a":"eyJ"}}`), problem.SignInFailed},
		"a life that is no number":    {answer(200, asJSON, `{"access_token":"x","token_type":"bearer","expires_in":"9990000018s"}`), problem.SignInUnavailable},
		"too much":                    {answer(200, asJSON, `{"access_token":"`+strings.Repeat("x", 2<<20)), problem.SignInUnavailable},
		"a redirect":                  {answer(302, asJSON, ""), problem.SignInUnavailable},
	} {
		before := f.exchanged()
		f.answer = c2.answer
		_, err := f.signIn(t, c, "")
		refused(t, name, err, c2.want)
		if n := f.exchanged() - before; n != 1 {
			t.Errorf("%s: %d token requests for one sign-in", name, n)
		}
	}
	t.Run("nobody there", func(t *testing.T) {
		f.answer = func(http.ResponseWriter) bool { panic(http.ErrAbortHandler) }
		_, err := f.signIn(t, c, "")
		refused(t, "aborted", err, problem.SignInUnavailable)
	})
	t.Run("no code is sent nowhere", func(t *testing.T) {
		before := f.exchanged()
		_, err := c.Finish(t.Context(), nhslogin.Authorization{Nonce: "n"}, "")
		refused(t, "no code", err, problem.SignInFailed)
		if f.exchanged() != before {
			t.Error("NHS login was asked")
		}
	})
}

func TestRedirectError(t *testing.T) {
	for _, c := range []struct {
		code, description string
		retry             bool
		want              problem.Code
	}{
		{"access_denied", "ConsentNotGiven", false, problem.SharingDeclined},
		{"access_denied", "", false, problem.SignInFailed},
		{"login_required", "", true, problem.SignInRequired},
		{"interaction_required", "", true, problem.SignInRequired},
		{"consent_required", "", true, problem.SignInRequired},
		{"sso_login_required", "", true, problem.SignInRequired},
		{"server_error", "", false, problem.SignInUnavailable},
		{"temporarily_unavailable", "", false, problem.SignInUnavailable},
		{"invalid_request", "", false, problem.SignInUnavailable},
		{"unauthorized_client", "", false, problem.SignInUnavailable},
		{"invalid_scope", "", false, problem.SignInUnavailable},
		{"code-secret", number, false, problem.SignInFailed},
	} {
		retry, err := nhslogin.RedirectError(c.code, c.description)
		if retry != c.retry {
			t.Errorf("%s: retry %v", c.code, retry)
		}
		refused(t, c.code, err, c.want)
	}
}
