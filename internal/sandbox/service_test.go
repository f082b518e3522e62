package sandbox_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// appKey is made once: RSA keys are slow to make and nothing here needs two.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const (
	clientID = "aggregator-test"
	apiKey   = "platform-key-test"
	odsKey   = "ods-key-test"
	callback = "http://127.0.0.1:8080/auth/callback"
	keyID    = "app-1"
)

func morning() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// service is an application as any developer would write one: it shares nothing
// with the service that this repository builds.
type service struct {
	t      testing.TB
	s      *sandbox.Sandbox
	at     sandbox.Endpoints
	client *http.Client
	jwks   *httptest.Server
	nonce  int
}

func start(t testing.TB, change ...func(*sandbox.Options)) *sandbox.Sandbox {
	t.Helper()
	o := sandbox.Options{Now: morning, Seed: 7, Limits: sandbox.Limits{Off: true}}
	for _, c := range change {
		c(&o)
	}
	s, err := sandbox.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newService(t testing.TB, change ...func(*sandbox.Options)) *service {
	t.Helper()
	s := start(t, change...)
	a := &service{t: t, s: s, at: s.Endpoints()}
	a.client = &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(a.client.CloseIdleConnections)
	a.jwks = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(publicKeys(keyID))
	}))
	t.Cleanup(a.jwks.Close)
	a.register(sandbox.App{
		Name: "Test service", ClientID: clientID, RedirectURIs: []string{callback}, NHSLoginJWKSURL: a.jwks.URL,
		APIKey: apiKey, PlatformJWKSURL: a.jwks.URL, ODSAPIKey: odsKey,
	})
	return a
}

func publicKeys(kids ...string) jose.JSONWebKeySet {
	var set jose.JSONWebKeySet
	for _, kid := range kids {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &appKey().PublicKey, KeyID: kid, Algorithm: "RS512", Use: "sig"})
	}
	return set
}

func (a *service) register(app sandbox.App) {
	a.t.Helper()
	if err := a.s.Register(app); err != nil {
		a.t.Fatal(err)
	}
}

// sign makes a JWT; a nil header member is omitted.
func sign(t testing.TB, alg jose.SignatureAlgorithm, header, claims map[string]any) string {
	t.Helper()
	opts := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	for name, value := range header {
		opts.ExtraHeaders[jose.HeaderKey(name)] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: appKey()}, opts)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func header() map[string]any { return map[string]any{"kid": keyID, "typ": "JWT"} }

func (a *service) claims(id, aud string) map[string]any {
	a.nonce++
	return map[string]any{
		"iss": id, "sub": id, "aud": aud, "jti": "jti-" + strings.Repeat("x", a.nonce),
		"iat": a.s.Now().Unix(), "exp": a.s.Now().Add(4 * time.Minute).Unix(),
	}
}

func (a *service) get(target string, headers ...string) answer {
	a.t.Helper()
	return a.do(http.MethodGet, target, nil, headers...)
}

func (a *service) post(target string, form url.Values, headers ...string) answer {
	a.t.Helper()
	return a.do(http.MethodPost, target, form, headers...)
}

type answer struct {
	status int
	header http.Header
	text   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(a.text), &out); err != nil {
		t.Fatalf("the answer %d is not a JSON object: %v: %.200s", a.status, err, a.text)
	}
	return out
}

func (a *service) do(method, target string, form url.Values, headers ...string) answer {
	a.t.Helper()
	res, err := a.try(method, target, form, headers...)
	if err != nil {
		a.t.Fatal(err)
	}
	return res
}

func (a *service) try(method, target string, form url.Values, headers ...string) (answer, error) {
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, target, body)
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := a.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, header: res.Header, text: string(text)}, err
}

func authorizeQuery(change ...func(url.Values)) url.Values {
	q := url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile"},
		"state": {"state-1"}, "nonce": {"nonce-1"}, "vtr": {`["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`},
	}
	for _, c := range change {
		c(q)
	}
	return q
}

func (a *service) authorize(q url.Values, headers ...string) answer {
	a.t.Helper()
	return a.get(a.at.NHSLoginIssuer+"/authorize?"+q.Encode(), headers...)
}

// back reads the parameters that came back to the service.
func (a answer) back(t testing.TB) url.Values {
	t.Helper()
	if a.status != http.StatusFound {
		t.Fatalf("no redirect but %d: %.300s", a.status, a.text)
	}
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(u.String(), callback) {
		t.Fatalf("the redirect leads to another address: %s", u)
	}
	return u.Query()
}

func (a *service) loginForm(code string, claims map[string]any) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {sign(a.t, jose.RS512, header(), claims)},
	}
}

// signIn goes through NHS login as a citizen and returns the token answer.
func (a *service) signIn(citizen string) map[string]any {
	a.t.Helper()
	q := authorizeQuery(func(q url.Values) { q.Set("sandbox_citizen", citizen) })
	code := a.authorize(q).back(a.t).Get("code")
	if code == "" {
		a.t.Fatal("no code came back")
	}
	res := a.post(a.at.NHSLoginIssuer+"/token", a.loginForm(code, a.claims(clientID, a.at.NHSLoginIssuer+"/token")))
	if res.status != http.StatusOK {
		a.t.Fatalf("token: %d %s", res.status, res.text)
	}
	return res.json(a.t)
}

func (a *service) exchangeForm(idToken string) url.Values {
	return url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"subject_token": {idToken}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion": {sign(a.t, jose.RS512, header(), a.claims(apiKey, a.at.TokenURL))},
	}
}

// accessToken makes the whole journey to the API platform's token.
func (a *service) accessToken(citizen string) string {
	a.t.Helper()
	idToken, _ := a.signIn(citizen)["id_token"].(string)
	res := a.post(a.at.TokenURL, a.exchangeForm(idToken))
	if res.status != http.StatusOK {
		a.t.Fatalf("exchange: %d %s", res.status, res.text)
	}
	token, _ := res.json(a.t)["access_token"].(string)
	return token
}

func targetIdentifier() string {
	return base64.StdEncoding.EncodeToString([]byte(`{"system":"urn:ietf:rfc:3986","value":"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3"}`))
}

func (a *service) ersHeaders(token string) []string {
	return []string{"Authorization", "Bearer " + token, "NHSD-Target-Identifier", targetIdentifier(), "X-Correlation-ID", "corr-1"}
}

func (a *service) referralsURL(nhsNumber string) string {
	q := url.Values{
		"patient:identifier": {"https://fhir.nhs.uk/Id/nhs-number|" + nhsNumber},
		"category":           {"http://snomed.info/sct|3457005"},
		"_revinclude":        {"Appointment:based-on", "Task:focus"},
	}
	return a.at.ERSBaseURL + "/FHIR/R4/ServiceRequest?" + q.Encode()
}

func (a *service) nhsNumber(citizen string) string {
	a.t.Helper()
	c, err := a.s.Citizen(citizen)
	if err != nil {
		a.t.Fatal(err)
	}
	return c.NHSNumber
}

func (a *service) referrals(citizen, token string) answer {
	a.t.Helper()
	return a.get(a.referralsURL(a.nhsNumber(citizen)), a.ersHeaders(token)...)
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unverified reads the claims of a JWT whose signature is not the matter.
func unverified(t testing.TB, token any) map[string]any {
	t.Helper()
	text, _ := token.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no JWT: %q", text)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(b, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func readAll(t testing.TB, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
