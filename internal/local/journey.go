package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"
)

// Journey is one citizen's browser: it has its own cookies.
type Journey struct {
	base string
	http *http.Client
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	URL    string // where redirects ended
}

// NewJourney starts at the service's address.
func NewJourney(base string) (*Journey, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make cookie jar: %w", err)
	}
	const patience = 30 * time.Second
	return &Journey{base: base, http: &http.Client{Jar: jar, Timeout: patience, CheckRedirect: keepRedirects}}, nil
}

type stopBefore struct{}

func keepRedirects(r *http.Request, via []*http.Request) error {
	const most = 10
	if r.Context().Value(stopBefore{}) != nil || len(via) >= most {
		return http.ErrUseLastResponse
	}
	return nil
}

// Through has every request pass t, such as one that checks it against the contract.
func (j *Journey) Through(t http.RoundTripper) { j.http.Transport = t }

// Cookies are what this browser holds.
func (j *Journey) Cookies() http.CookieJar { return j.http.Jar }

// Close ends idle connections.
func (j *Journey) Close() { j.http.CloseIdleConnections() }

// Do sends a request to a path of the service, or to a whole address, and
// follows redirects. body is sent as JSON, a []byte unchanged; nil sends none.
func (j *Journey) Do(ctx context.Context, method, address string, body any, headers ...string) (Answer, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		text, raw := body.([]byte)
		if !raw {
			var err error
			if text, err = json.Marshal(body); err != nil {
				return Answer{}, fmt.Errorf("encode request: %w", err)
			}
		}
		content = bytes.NewReader(text)
	}
	if address != "" && address[0] == '/' {
		address = j.base + address
	}
	r, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return Answer{}, fmt.Errorf("make request: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := j.http.Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("send request: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: text, URL: response.Request.URL.String()}, nil
}

// DoOnce is Do without following redirects.
func (j *Journey) DoOnce(ctx context.Context, method, address string, body any, headers ...string) (Answer, error) {
	return j.Do(context.WithValue(ctx, stopBefore{}, true), method, address, body, headers...)
}

// SignIn signs in with NHS login as a citizen of the sandbox. The answer is the
// last one after all redirects: that of returnTo when sign-in succeeded.
func (j *Journey) SignIn(ctx context.Context, name, returnTo string) (Answer, error) {
	return j.SignInWith(ctx, url.Values{"sandbox_citizen": {name}}, returnTo)
}

// SignInWith adds parameters of the sandbox to the authorize request, as a person
// would choose on its page.
func (j *Journey) SignInWith(ctx context.Context, choice url.Values, returnTo string) (Answer, error) {
	begun, err := j.DoOnce(ctx, http.MethodGet, "/auth/login?return_to="+url.QueryEscape(returnTo), nil)
	if err != nil || begun.Status != http.StatusFound {
		return begun, err
	}
	authorize, err := url.Parse(begun.Header.Get("Location"))
	if err != nil {
		return begun, fmt.Errorf("read authorize address: %w", err)
	}
	q := authorize.Query()
	for name, values := range choice {
		q[name] = values
	}
	authorize.RawQuery = q.Encode()
	return j.Do(ctx, http.MethodGet, authorize.String(), nil)
}

// Consent grants what a consent_required answer asks for, as a citizen does on
// the consent page.
func (j *Journey) Consent(ctx context.Context, refusal []byte) (Answer, error) {
	var p struct {
		Code           string          `json:"code"`
		ConsentRequest json.RawMessage `json:"consentRequest"`
	}
	if err := json.Unmarshal(refusal, &p); err != nil || p.ConsentRequest == nil {
		return Answer{}, fmt.Errorf("the answer %q asks for no consent", p.Code)
	}
	return j.Do(ctx, http.MethodPost, "/v1/consents", p.ConsentRequest)
}
