package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// control sends JSON to the sandbox's own API.
func (a *service) control(method, path, body string) answer {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.s.URL()+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := a.client.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return answer{status: res.StatusCode, header: res.Header, text: readAll(a.t, res)}
}

func TestItIsLoopbackAlone(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:0", ":0", "example.org:0"} {
		_, err := sandbox.Start(context.Background(), sandbox.Options{Now: morning, Addr: addr})
		if !errors.Is(err, sandbox.ErrNotLoopback) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	a := newService(t)
	if res := a.get(a.s.URL()+"/sandbox", "Host", "rebound.example:80"); res.status != http.StatusForbidden {
		t.Errorf("a foreign Host is let in: %d", res.status)
	}
	for _, app := range []sandbox.App{
		{APIKey: "x", PlatformJWKSURL: "https://keys.example/jwks.json"},
		{ClientID: "x", RedirectURIs: []string{"http://app.example/callback"}},
		{ClientID: "x"},
		{},
	} {
		if a.s.Register(app) == nil {
			t.Errorf("%+v is registered", app)
		}
	}
}

func TestNothingCanBeTakenForTheNHS(t *testing.T) {
	a := newService(t)
	for _, path := range []string{"/sandbox", "/sandbox/faults/page", "/nhs-login/authorize", "/nhs-login/authorize?" + authorizeQuery().Encode(), "/staff/authorize"} {
		res := a.get(a.s.URL()+path, "Accept", "text/html")
		if !strings.Contains(res.text, "SANDBOX, not the NHS") {
			t.Errorf("%s does not say what it is: %.200s", path, res.text)
		}
	}
	for _, path := range []string{"/sandbox", "/sandbox/clock", "/nhs-login/.well-known/openid-configuration", "/staff/jwks", "/e-referrals-service-patient-care-api/_ping", "/nowhere"} {
		if got := a.get(a.s.URL() + path).header.Get("X-Sandbox"); got != "not the NHS" {
			t.Errorf("%s is marked %q", path, got)
		}
	}
}

func TestAPageOfAnotherOriginControlsNothing(t *testing.T) {
	a := newService(t)
	res := a.post(a.s.URL()+"/sandbox/reset", url.Values{}, "Origin", "https://other.example", "Sec-Fetch-Site", "cross-site")
	if res.status != http.StatusForbidden {
		t.Errorf("%d", res.status)
	}
}

func TestTheControlEndpoints(t *testing.T) {
	a := newService(t)
	t.Run("faults are ordered, listed, cancelled and cleared", func(t *testing.T) {
		made := a.control(http.MethodPost, "/sandbox/faults", `{"kind":"delay","upstream":"ers","delay":"1.5s","percent":20,"count":3}`)
		if made.status != http.StatusCreated {
			t.Fatalf("%d %s", made.status, made.text)
		}
		if list := a.get(a.s.URL() + "/sandbox/faults").text; !strings.Contains(list, `"delay":"1.5s"`) {
			t.Error(list)
		}
		if res := a.control(http.MethodDelete, fmt.Sprintf("/sandbox/faults/%v", made.json(t)["number"]), ""); res.status != http.StatusNoContent {
			t.Errorf("cancel: %d", res.status)
		}
		a.s.Order(sandbox.Fault{Kind: sandbox.Cut})
		if res := a.control(http.MethodDelete, "/sandbox/faults", ""); res.status != http.StatusNoContent {
			t.Errorf("clear: %d", res.status)
		}
		if list := a.get(a.s.URL() + "/sandbox/faults").text; !strings.Contains(list, `"faults":[]`) {
			t.Error(list)
		}
		for _, wrong := range []string{`{"kind":"tea"}`, `{"kind":"delay","delay":"soon"}`, `{"kind":"status","status":42}`, `{"kind":"cut","percent":101}`, `{"kind":"clock-skew"}`, `{`, `{"sort":"cut"}`, `{"kind":"withdrawn-key","count":1}`} {
			if res := a.control(http.MethodPost, "/sandbox/faults", wrong); res.status != http.StatusBadRequest {
				t.Errorf("%s: %d", wrong, res.status)
			}
		}
	})
	t.Run("faults are ordered from a page", func(t *testing.T) {
		page := a.s.URL() + "/sandbox/faults/page"
		if res := a.post(page, url.Values{"kind": {"status"}, "upstream": {"ods"}, "status": {"418"}, "count": {"1"}}); res.status != http.StatusSeeOther {
			t.Fatalf("%d %s", res.status, res.text)
		}
		if res := a.get(page); !strings.Contains(res.text, "status of ods") {
			t.Error(res.text)
		}
		if res := a.get(a.at.ODSBaseURL + "/organisation-data-terminology-api/fhir/Organization/RR8"); res.status != http.StatusTeapot {
			t.Errorf("%d", res.status)
		}
		if res := a.post(page, url.Values{"kind": {"delay"}, "delay": {"soon"}}); res.status != http.StatusBadRequest {
			t.Errorf("%d", res.status)
		}
	})
	t.Run("the clock moves", func(t *testing.T) {
		a.control(http.MethodPost, "/sandbox/clock", `{"advance":"2h"}`)
		if got := a.s.Now(); !got.Equal(morning().Add(2 * time.Hour)) {
			t.Errorf("%v", got)
		}
		a.control(http.MethodPost, "/sandbox/clock", `{"set":"2027-01-31T09:00:00Z"}`)
		if got := a.s.Now(); !got.Equal(time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("%v", got)
		}
		a.control(http.MethodDelete, "/sandbox/clock", "")
		if got := a.s.Now(); !got.Equal(morning()) {
			t.Errorf("%v", got)
		}
		for _, wrong := range []string{`{}`, `{"advance":"soon"}`, `{"advance":"1h","set":"2027-01-31T09:00:00Z"}`} {
			if res := a.control(http.MethodPost, "/sandbox/clock", wrong); res.status != http.StatusBadRequest {
				t.Errorf("%s: %d", wrong, res.status)
			}
		}
	})
	t.Run("a life moves on", func(t *testing.T) {
		token := a.accessToken("tariq")
		before := a.referrals("tariq", token)
		step := a.control(http.MethodPost, "/sandbox/citizens/tariq/advance", "").json(t)
		if step["from"] != "AWAITING_TRIAGE" || step["to"] != "ARBL" {
			t.Errorf("%v", step)
		}
		if after := a.referrals("tariq", token); after.text == before.text || !strings.Contains(after.text, "ARBL") {
			t.Error("the referral has not changed")
		}
		for path, want := range map[string]int{
			"/sandbox/citizens/nobody/advance": 404, "/sandbox/citizens/nora/advance": 404, "/sandbox/citizens/devi/advance": 409,
		} {
			if res := a.control(http.MethodPost, path, ""); res.status != want {
				t.Errorf("%s: %d", path, res.status)
			}
		}
		if res := a.control(http.MethodPost, "/sandbox/citizens/devi/advance", `{"to":"REJECTED"}`); res.json(t)["to"] != "REJECTED" {
			t.Errorf("%s", res.text)
		}
		if res := a.control(http.MethodPost, "/sandbox/citizens/devi/advance", `{"to":"LOST"}`); res.status != http.StatusConflict {
			t.Errorf("%d %s", res.status, res.text)
		}
	})
	t.Run("apps register", func(t *testing.T) {
		body := `{"clientId":"mine","redirectUris":["http://127.0.0.1:9/cb"],"nhsLoginJwksUrl":"http://127.0.0.1:9/jwks"}`
		if res := a.control(http.MethodPost, "/sandbox/apps", body); res.status != http.StatusCreated {
			t.Errorf("%d %s", res.status, res.text)
		}
		if res := a.control(http.MethodPost, "/sandbox/apps", `{"name":"nothing else"}`); res.status != http.StatusBadRequest {
			t.Errorf("%d %s", res.status, res.text)
		}
		if list := a.get(a.s.URL() + "/sandbox/apps").text; !strings.Contains(list, "mine") {
			t.Error(list)
		}
	})
	t.Run("the next answer is preset", func(t *testing.T) {
		if res := a.control(http.MethodPost, "/sandbox/next", `{"citizen":"bella"}`); res.status != http.StatusNoContent {
			t.Fatalf("%d %s", res.status, res.text)
		}
		if a.authorize(authorizeQuery()).back(t).Get("code") == "" {
			t.Error("no code came back")
		}
		if res := a.control(http.MethodPost, "/sandbox/next", `{"citizen":"nobody"}`); res.status != http.StatusNotFound {
			t.Errorf("%d", res.status)
		}
	})
	t.Run("tokens are revoked and keys forgotten", func(t *testing.T) {
		token := a.accessToken("bella")
		if res := a.control(http.MethodPost, "/sandbox/revoke", `{"citizen":"bella"}`); res.json(t)["revoked"] != 1.0 {
			t.Errorf("%s", res.text)
		}
		if res := a.referrals("bella", token); res.status != http.StatusUnauthorized {
			t.Errorf("%d", res.status)
		}
		if res := a.control(http.MethodDelete, "/sandbox/key-cache", ""); res.status != http.StatusNoContent {
			t.Errorf("%d", res.status)
		}
	})
	t.Run("the recording is read and emptied", func(t *testing.T) {
		if list := a.get(a.s.URL() + "/sandbox/requests").text; !strings.Contains(list, `"operation":"token"`) {
			t.Error(list[:200])
		}
		a.control(http.MethodDelete, "/sandbox/requests", "")
		if n := len(a.s.Requests()); n != 0 {
			t.Errorf("%d requests are left", n)
		}
	})
	t.Run("everything starts again", func(t *testing.T) {
		token := a.accessToken("bella")
		a.s.Order(sandbox.Fault{Kind: sandbox.Cut})
		if res := a.control(http.MethodPost, "/sandbox/reset", ""); res.status != http.StatusNoContent {
			t.Fatalf("%d %s", res.status, res.text)
		}
		if res := a.referrals("bella", token); res.status != http.StatusUnauthorized {
			t.Errorf("a token outlived the reset: %d", res.status)
		}
		if res := a.referrals("tariq", a.accessToken("tariq")); !strings.Contains(res.text, "AWAITING_TRIAGE") {
			t.Error("a life went on")
		}
	})
}

func TestTheCatalogueIsAPageAndJSON(t *testing.T) {
	a := newService(t)
	var list struct {
		Citizens []sandbox.Citizen `json:"citizens"`
	}
	if err := json.Unmarshal([]byte(a.get(a.s.URL()+"/sandbox").text), &list); err != nil || len(list.Citizens) != len(a.s.Citizens()) {
		t.Errorf("%d citizens, %v", len(list.Citizens), err)
	}
	page := a.get(a.s.URL()+"/sandbox", "Accept", "text/html").text
	for _, c := range a.s.Citizens() {
		if !strings.Contains(page, `<th scope="row">`+c.Name) {
			t.Errorf("%s is not on the page", c.Name)
		}
	}
}

func TestTheRecordingIsBoundedAndTellsTheWholeRequest(t *testing.T) {
	a := newService(t, func(o *sandbox.Options) { o.Record = 5 })
	token := a.accessToken("bella")
	for range 10 {
		a.referrals("bella", token)
	}
	asked := a.s.Requests()
	last := asked[len(asked)-1]
	if len(asked) != 5 || last.Number != 13 {
		t.Errorf("%d requests, the last number %d", len(asked), last.Number)
	}
	if last.Upstream != "ers" || last.Operation != "ServiceRequest" || last.Citizen != "bella" || last.App != apiKey || last.Status != 200 ||
		last.Query.Get("category") == "" || last.Header.Get("X-Correlation-ID") != "corr-1" {
		t.Errorf("%+v", last)
	}
	a.s.ForgetRequests()
	a.accessToken("bella")
	if got := a.s.Requests()[2]; got.Operation != "token" || got.Form.Get("subject_token") == "" || got.Upstream != "platform" {
		t.Errorf("%+v", got)
	}
}

func TestTwoRunsOfOneSeedAreAlike(t *testing.T) {
	run := func() string {
		a := newService(t)
		token := a.accessToken("huw")
		return token + a.referrals("huw", token).text
	}
	first, second := run(), run()
	port := regexp.MustCompile(`127\.0\.0\.1:\d+`) // free ports differ
	if port.ReplaceAllString(first, "") != port.ReplaceAllString(second, "") {
		t.Error("they differ")
	}
}
