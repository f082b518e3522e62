package platform_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/platform"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	tokenURL = "https://platform.example/oauth2/token"
	apiKey   = "api-key-secret"
	idToken  = "eyJ-id-token-secret"
)

// endpoint is the token endpoint in memory.
type endpoint struct {
	answer func(*http.Request) (*http.Response, error)

	mu    sync.Mutex
	now   time.Time
	forms []url.Values
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.forms = append(e.forms, r.PostForm)
	e.mu.Unlock()
	return e.answer(r)
}

func (e *endpoint) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *endpoint) pass(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

func (e *endpoint) asked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.forms)
}

func answers(status int, kind, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
	}
}

func gives(life string) func(*http.Request) (*http.Response, error) {
	return answers(http.StatusOK, "application/json", `{"access_token":"access-token-secret",`+life+`"token_type":"Bearer","issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`)
}

func newTokens(t *testing.T, answer func(*http.Request) (*http.Response, error)) (*endpoint, *platform.Tokens) {
	t.Helper()
	e := &endpoint{answer: answer, now: time.Now()}
	ours, err := ourKeys()
	if err != nil {
		t.Fatal(err)
	}
	ids := 0
	return e, platform.New(platform.Deps{
		TokenURL: tokenURL, APIKey: keys.NewSecret(apiKey), Keys: ours, Now: e.clock,
		NewID: func() string { ids++; return "jti-" + strconv.Itoa(ids) },
		HTTP: upstream.NewClient(upstream.Options{
			Name: "api-platform", Timeout: 5 * time.Second, MaxBytes: 1 << 16, Observe: func(string, int, time.Duration) {}, Now: e.clock,
			Tracer: noop.NewTracerProvider().Tracer("test"), Wrap: func(http.RoundTripper) http.RoundTripper { return e },
		}),
		Cache: cache.New(memory.New[keys.Secret](100), cache.Options{
			Name: "access-token", Now: e.clock, LoadTimeout: 6 * time.Second, Observe: func(string, cache.Outcome) {},
		}),
	})
}

func (e *endpoint) access(id string) aggregate.Access {
	return aggregate.Access{IDToken: keys.NewSecret(idToken), IDTokenID: id, IDTokenExpires: e.clock().Add(time.Hour)}
}

func TestATypeOfTokenThatMeansBearer(t *testing.T) {
	for _, kind := range []string{"Bearer", "bearer", "BearerToken", "BEARERTOKEN"} { // Apigee's default is BearerToken
		_, tokens := newTokens(t, answers(http.StatusOK, "application/json", `{"access_token":"access-token-secret","expires_in":"599","token_type":"`+kind+`"}`))
		if token, err := tokens.Token(t.Context(), aggregate.Access{IDToken: keys.NewSecret(idToken), IDTokenID: "a", IDTokenExpires: time.Now().Add(time.Hour)}); err != nil || token.Reveal() != "access-token-secret" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestExchangeRequest(t *testing.T) {
	e, tokens := newTokens(t, gives(`"expires_in":"599",`))
	token, err := tokens.Token(t.Context(), e.access("a"))
	if err != nil || token.Reveal() != "access-token-secret" {
		t.Fatalf("%q, %v", token.Reveal(), err)
	}
	form := e.forms[0]
	want := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"subject_token": {idToken}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": form["client_assertion"],
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Error(diff)
	}
	claims := assertion(t, form)
	if claims["iss"] != apiKey || claims["sub"] != apiKey || claims["aud"] != tokenURL {
		t.Errorf("assertion %v", claims)
	}
	if _, err := tokens.Token(t.Context(), e.access("b")); err != nil {
		t.Fatal(err)
	}
	if assertion(t, e.forms[1])["jti"] == claims["jti"] {
		t.Error("two assertions have one jti")
	}
}

func assertion(t *testing.T, form url.Values) map[string]any {
	t.Helper()
	object, err := gojose.ParseSignedCompact(form.Get("client_assertion"), []gojose.SignatureAlgorithm{gojose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(object.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestTokensLiveAsLongAsThePlatformSays(t *testing.T) {
	for name, c := range map[string]struct {
		life string
		kept time.Duration // zero: it serves once
	}{
		"a text with a point":  {`"expires_in":"599.0",`, 569 * time.Second},
		"a number with one":    {`"expires_in":599.0,`, 569 * time.Second},
		"an exponent":          {`"expires_in":5.99e2,`, 569 * time.Second},
		"blanks":               {`"expires_in":" 599 ",`, 569 * time.Second},
		"an empty text":        {`"expires_in":"",`, 0},
		"a list":               {`"expires_in":[599],`, 0},
		"words":                {`"expires_in":"soon",`, 0},
		"too large":            {`"expires_in":1e99,`, 0},
		"a text":               {`"expires_in":"599",`, 569 * time.Second},
		"a number":             {`"expires_in":599,`, 569 * time.Second},
		"an hour at the most":  {`"expires_in":"7200",`, 59*time.Minute + 30*time.Second},
		"shorter than is safe": {`"expires_in":"30",`, 0},
		"none":                 {"", 0},
		"null":                 {`"expires_in":null,`, 0},
		"zero":                 {`"expires_in":"0",`, 0},
		"negative":             {`"expires_in":-5,`, 0},
	} {
		e, tokens := newTokens(t, gives(c.life))
		a := e.access("a")
		a.IDTokenExpires = e.clock().Add(2 * time.Hour)
		ask := func() {
			t.Helper()
			if _, err := tokens.Token(t.Context(), a); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		ask()
		if c.kept > 0 {
			e.pass(c.kept - time.Second)
			ask()
			if n := e.asked(); n != 1 {
				t.Errorf("%s: asked %d times within its life", name, n)
			}
			e.pass(2 * time.Second)
		}
		ask()
		if n := e.asked(); n != 2 {
			t.Errorf("%s: asked %d times beyond its life", name, n)
		}
	}
	t.Run("and no longer than the ID token", func(t *testing.T) {
		e, tokens := newTokens(t, gives(`"expires_in":"599",`))
		a := e.access("a")
		a.IDTokenExpires = e.clock().Add(time.Minute)
		if _, err := tokens.Token(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		e.pass(31 * time.Second)
		if _, err := tokens.Token(t.Context(), a); !errors.Is(err, aggregate.ErrReauthenticate) || e.asked() != 1 {
			t.Errorf("%v after %d requests", err, e.asked())
		}
	})
	t.Run("an ID token that has ended is not sent", func(t *testing.T) {
		e, tokens := newTokens(t, gives(""))
		a := e.access("a")
		a.IDTokenExpires = e.clock().Add(-time.Second)
		if _, err := tokens.Token(t.Context(), a); !errors.Is(err, aggregate.ErrReauthenticate) || e.asked() != 0 {
			t.Errorf("%v after %d requests", err, e.asked())
		}
	})
}

func TestForget(t *testing.T) {
	e, tokens := newTokens(t, gives(`"expires_in":"599",`))
	for range 2 {
		if _, err := tokens.Token(t.Context(), e.access("a")); err != nil {
			t.Fatal(err)
		}
		if _, err := tokens.Token(t.Context(), e.access("b")); err != nil {
			t.Fatal(err)
		}
		tokens.Forget("a")
	}
	if n := e.asked(); n != 3 {
		t.Errorf("asked %d times: forgetting one sign-in's token must cost only that one", n)
	}
}

func TestCrowdExchangesOnce(t *testing.T) {
	release := make(chan struct{})
	give := gives(`"expires_in":"599",`)
	e, tokens := newTokens(t, func(r *http.Request) (*http.Response, error) {
		<-release
		return give(r)
	})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := tokens.Token(t.Context(), e.access("a")); err != nil {
				t.Error(err)
			}
		})
	}
	close(release)
	all.Wait()
	if n := e.asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestAnswersOfTheTokenEndpoint: the words are those of the platform's own
// tests, and quote what was sent.
func TestAnswersOfTheTokenEndpoint(t *testing.T) {
	const asJSON = "application/json"
	says := func(code, description string) string {
		return `{"error":"` + code + `","error_description":"` + description + ` ` + idToken + ` 9990000018","message_id":"rrt-1"}`
	}
	type want struct {
		reauthenticate bool
		issue          referral.Issue
		code           aggregate.Kind
		notStale       bool
	}
	citizen := want{reauthenticate: true}
	ours := want{issue: referral.IssueException, code: aggregate.Unavailable}
	passing := want{issue: referral.IssueTransient, code: aggregate.Unavailable}
	busy := want{issue: referral.IssueTransient, code: aggregate.Busy}
	unreadable := want{issue: referral.IssueStructure, code: aggregate.Unavailable}
	for _, c := range []struct {
		name   string
		status int
		kind   string
		body   string
		want   want
	}{
		{"ID token expired", 401, asJSON, says("invalid_request", "Invalid 'exp' claim in subject_token JWT - JWT has expired"), citizen},
		{"ID token malformed", 400, asJSON, says("invalid_request", "Malformed JWT in subject_token"), citizen},
		{"ID token without kid", 400, asJSON, says("invalid_request", "Missing 'kid' header in subject_token JWT"), citizen},
		{"type of the ID token", 400, asJSON, says("invalid_request", "missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'"), ours},
		{"no scope for the citizen", 401, asJSON, says("unauthorized_client", "you have tried to request authorization"), want{issue: referral.IssueBusinessRule, code: aggregate.IdentityLevelTooLow, notStale: true}},
		{"our kid", 401, asJSON, says("invalid_request", "Invalid 'kid' header in client_assertion JWT - no matching public key"), ours},
		{"our jti", 400, asJSON, says("invalid_request", "Non-unique 'jti' claim in client_assertion JWT"), ours},
		{"our assertion expired", 400, asJSON, says("invalid_request", "Invalid 'exp' claim in client_assertion JWT - JWT has expired"), ours},
		{"our grant type", 400, asJSON, says("unsupported_grant_type", "grant_type is invalid"), ours},
		{"our keys", 403, asJSON, says("public_key error", "The JWKS endpoint, for your client_assertion can't be reached"), ours},
		{"an error with status 200", 200, asJSON, says("invalid_request", "subject_token"), ours},
		{"throttled", 429, "text/html", "<p>" + idToken, busy},
		{"maintenance", 503, asJSON, "", busy},
		{"in trouble", 500, "text/plain", idToken, passing},
		{"bad gateway", 502, "", idToken, passing},
		{"slow gateway", 504, "text/html", "<p>", want{issue: referral.IssueTimeout, code: aggregate.TooSlow}},
		{"a redirect", 302, "", "", ours},
		{"a page", 200, "text/html", "<p>" + idToken, unreadable},
		{"nothing", 200, asJSON, "", unreadable},
		{"no token", 200, asJSON, `{"token_type":"Bearer"}`, unreadable},
		{"another type", 200, asJSON, `{"access_token":"access-token-secret","token_type":"mac","expires_in":"599"}`, unreadable},
		{"too much", 200, asJSON, `{"access_token":"` + strings.Repeat("access-token-secret", 1<<15), unreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, tokens := newTokens(t, answers(c.status, c.kind, c.body))
			_, err := tokens.Token(t.Context(), e.access("a"))
			check(t, err, c.want.reauthenticate, c.want.issue, c.want.code, c.want.notStale)
			if e.asked() != 1 {
				t.Errorf("asked %d times with one jti", e.asked())
			}
		})
	}
	for name, c := range map[string]struct {
		err   error
		issue referral.Issue
		code  aggregate.Kind
	}{
		"no server there": {errors.New("no route to access-token-secret"), referral.IssueTransient, aggregate.Unavailable},
		"timed out":       {context.DeadlineExceeded, referral.IssueTimeout, aggregate.TooSlow},
	} {
		t.Run(name, func(t *testing.T) {
			e, tokens := newTokens(t, func(*http.Request) (*http.Response, error) { return nil, c.err })
			_, err := tokens.Token(t.Context(), e.access("a"))
			check(t, err, false, c.issue, c.code, false)
		})
	}
}

func TestSlowEndpointIsATimeout(t *testing.T) {
	hangs := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	dribbles := func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(slow{r.Context()})}, nil
	}
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){"before the header": hangs, "within the body": dribbles} {
		e, tokens := newTokens(t, answer)
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := tokens.Token(t.Context(), e.access("a"))
			check(t, err, false, referral.IssueTimeout, aggregate.TooSlow, false)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s: took %s", name, took)
			}
		})
	}
	t.Run("a caller who cannot wait as long gets that error too", func(t *testing.T) {
		e, tokens := newTokens(t, hangs)
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := tokens.Token(ctx, e.access("a"))
			check(t, err, false, referral.IssueTimeout, aggregate.TooSlow, false)
			time.Sleep(10 * time.Second) // the exchange that no caller waits for ends by itself
		})
	})
}

// slow is a body that never comes.
type slow struct{ ctx context.Context }

func (s slow) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func check(t *testing.T, err error, reauthenticate bool, issue referral.Issue, kind aggregate.Kind, notStale bool) {
	t.Helper()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, secret := range []string{idToken, "access-token-secret", "9990000018", apiKey, "platform.example"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q: %v", secret, err)
		}
	}
	if reauthenticate {
		if !errors.Is(err, aggregate.ErrReauthenticate) {
			t.Errorf("got %v", err)
		}
		return
	}
	var f *aggregate.Failure
	if errors.Is(err, aggregate.ErrReauthenticate) || !errors.As(err, &f) || f.Issue != issue || f.Kind != kind || f.NotStale != notStale {
		t.Errorf("%v is %#v", err, f)
	}
}
