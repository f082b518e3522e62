package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// outcome is an OperationOutcome as far as the tests look.
type outcome struct {
	ResourceType string
	Issue        []struct {
		Code, Diagnostics string
		Details           struct{ Coding []struct{ Code string } }
	}
}

func (a answer) outcome(t testing.TB) outcome {
	t.Helper()
	var o outcome
	// The expression is of more than one type: it is not read.
	if err := json.Unmarshal([]byte(a.text), &o); err != nil || o.ResourceType != "OperationOutcome" || len(o.Issue) != 1 {
		t.Fatalf("no outcome with one issue: %v: %s", err, a.text)
	}
	return o
}

// issue reads the codes of the one issue.
func (a answer) issue(t testing.TB) (code, coding string) {
	t.Helper()
	issue := a.outcome(t).Issue[0]
	if len(issue.Details.Coding) != 1 {
		t.Fatalf("not one coding: %s", a.text)
	}
	return issue.Code, issue.Details.Coding[0].Code
}

func TestERSRefusesAWrongRequest(t *testing.T) {
	a := newService(t)
	token := a.accessToken("bella")
	bella := a.nhsNumber("bella")
	query := func(change func(url.Values)) string {
		u, _ := url.Parse(a.referralsURL(bella))
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	same := func(url.Values) {}
	without := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	set := func(name string, values ...string) func(url.Values) { return func(q url.Values) { q[name] = values } }
	headers := func(name, value string) []string { return append(a.ersHeaders(token), name, value) }
	target := func(text string) []string {
		return headers("NHSD-Target-Identifier", base64.StdEncoding.EncodeToString([]byte(text)))
	}
	for name, tc := range map[string]struct {
		url     string
		headers []string
		status  int
		code    string
		coding  string
	}{
		"no token":                         {query(same), []string{"NHSD-Target-Identifier", targetIdentifier()}, 401, "forbidden", "ACCESS_DENIED"},
		"an unknown token":                 {query(same), a.ersHeaders("nobody"), 401, "forbidden", "ACCESS_DENIED"},
		"a password's vector of trust":     {a.referralsURL(a.nhsNumber("cosmo")), a.ersHeaders(a.accessToken("cosmo")), 401, "login", "ACCESS_DENIED"},
		"no target identifier":             {query(same), headers("NHSD-Target-Identifier", ""), 404, "not-found", "VALIDATION_ERROR"},
		"a target that is no base64":       {query(same), headers("NHSD-Target-Identifier", "{}"), 404, "not-found", "VALIDATION_ERROR"},
		"a target without a system":        {query(same), target(`{"value":"2b3b21fd-fe9f-403c-9682-10b8d8a4eaf3"}`), 404, "not-found", "VALIDATION_ERROR"},
		"another target":                   {query(same), target(`{"system":"urn:ietf:rfc:3986","value":"x"}`), 404, "not-found", "VALIDATION_ERROR"},
		"no patient":                       {query(without("patient:identifier")), nil, 400, "required", "REC_BAD_REQUEST"},
		"two patients":                     {query(set("patient:identifier", bella, bella)), nil, 400, "exception", "REC_BAD_REQUEST"},
		"a patient of another system":      {query(set("patient:identifier", "https://x.example|"+bella)), nil, 400, "exception", "REC_BAD_REQUEST"},
		"a patient of nine digits":         {query(set("patient:identifier", bella[:9])), nil, 400, "exception", "REC_BAD_REQUEST"},
		"no category":                      {query(without("category")), nil, 400, "required", "REC_BAD_REQUEST"},
		"another category":                 {query(set("category", "http://snomed.info/sct|1")), nil, 400, "exception", "REC_BAD_REQUEST"},
		"one include":                      {query(set("_revinclude", "Task:focus")), nil, 400, "exception", "REC_BAD_REQUEST"},
		"the same include twice":           {query(set("_revinclude", "Task:focus", "Task:focus")), nil, 400, "exception", "REC_BAD_REQUEST"},
		"an unknown include":               {query(set("_revinclude", "Task:focus", "Patient:link")), nil, 400, "exception", "REC_BAD_REQUEST"},
		"an unknown parameter":             {query(set("_count", "10")), nil, 400, "exception", "REC_BAD_REQUEST"},
		"another patient":                  {query(set("patient:identifier", a.nhsNumber("nora"))), nil, 403, "forbidden", "REC_FORBIDDEN"},
		"an unknown service":               {a.at.ERSBaseURL + "/FHIR/R4/HealthcareService/1", nil, 404, "not-found", "REC_NOT_FOUND"},
		"a service whose look-up breaks":   {a.at.ERSBaseURL + "/FHIR/R4/HealthcareService/11901", nil, 500, "exception", "REC_SERVER_ERROR"},
		"the target is asked for A002 too": {a.at.ERSBaseURL + "/FHIR/R4/HealthcareService/11002", headers("NHSD-Target-Identifier", ""), 404, "not-found", "VALIDATION_ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.headers == nil {
				tc.headers = a.ersHeaders(token)
			}
			res := a.get(tc.url, tc.headers...)
			code, coding := res.issue(t)
			if res.status != tc.status || code != tc.code || coding != tc.coding {
				t.Errorf("%d %s %s, not %d %s %s", res.status, code, coding, tc.status, tc.code, tc.coding)
			}
			if res.header.Get("X-Request-ID") == "" {
				t.Error("no request id")
			}
		})
	}
	t.Run("a bare NHS number and category are enough", func(t *testing.T) {
		bare := query(func(q url.Values) {
			q.Set("patient:identifier", bella)
			q.Set("category", "3457005")
			q.Del("_revinclude")
		})
		res := a.get(bare, a.ersHeaders(token)...)
		if entries, _ := res.json(t)["entry"].([]any); res.status != http.StatusOK || len(entries) != 1 {
			t.Errorf("%d with %d entries, not only the referral", res.status, len(entries))
		}
	})
	t.Run("without a correlation id none comes back", func(t *testing.T) {
		res := a.get(query(same), "Authorization", "Bearer "+token, "NHSD-Target-Identifier", targetIdentifier())
		if got := res.header.Get("X-Correlation-ID"); res.status != http.StatusOK || got != "" {
			t.Errorf("%d, correlation id %q", res.status, got)
		}
	})
}

func TestAnAccessTokenEnds(t *testing.T) {
	a := newService(t)
	diagnostics := func(res answer) string { return res.outcome(t).Issue[0].Diagnostics }
	token := a.accessToken("bella")
	a.s.Advance(598 * time.Second)
	if res := a.referrals("bella", token); res.status != http.StatusOK {
		t.Errorf("refused before its end: %d %s", res.status, res.text)
	}
	a.s.Advance(time.Second)
	if res := a.referrals("bella", token); res.status != http.StatusUnauthorized || !strings.Contains(diagnostics(res), "expired") {
		t.Errorf("accepted at its end: %d %s", res.status, res.text)
	}
	fresh := a.accessToken("bella")
	if n := a.s.RevokeTokens("bella"); n == 0 {
		t.Error("nothing was revoked")
	}
	if res := a.referrals("bella", fresh); res.status != http.StatusUnauthorized || !strings.Contains(diagnostics(res), "revoked") {
		t.Errorf("a revoked token is accepted: %d %s", res.status, res.text)
	}
}

func TestAScopeForALowerLevelOpensNothing(t *testing.T) {
	a := newService(t)
	a.register(sandbox.App{
		ClientID: clientID, RedirectURIs: []string{callback}, NHSLoginJWKSURL: a.jwks.URL,
		APIKey: apiKey, PlatformJWKSURL: a.jwks.URL, ProofingLevels: []string{"P9", "P5"},
	})
	res := a.referrals("pip", a.accessToken("pip"))
	if code, coding := res.issue(t); res.status != http.StatusUnauthorized || code != "forbidden" || coding != "ACCESS_DENIED" {
		t.Errorf("%d %s", res.status, res.text)
	}
}

func TestEachApplicationHasALimitForReferralsAndOneForTheRest(t *testing.T) {
	a := newService(t, func(o *sandbox.Options) { o.Limits = sandbox.Limits{PerMinute: 3, Burst: 3} })
	token := a.accessToken("bella")
	service := a.at.ERSBaseURL + "/FHIR/R4/HealthcareService/11002"
	for range 3 {
		if res := a.referrals("bella", token); res.status != http.StatusOK {
			t.Fatalf("throttled within the limit: %d", res.status)
		}
	}
	res := a.referrals("bella", token)
	if code, coding := res.issue(t); res.status != http.StatusTooManyRequests || code != "throttled" || coding != "TOO_MANY_REQUESTS" {
		t.Errorf("%d %s", res.status, res.text)
	}
	if res := a.get(service, a.ersHeaders(token)...); res.status != http.StatusOK {
		t.Errorf("services share the referrals' limit: %d", res.status)
	}
	a.s.Advance(time.Minute)
	if res := a.referrals("bella", token); res.status != http.StatusOK {
		t.Errorf("still throttled a minute later: %d", res.status)
	}
}

func TestODSWantsItsKey(t *testing.T) {
	a := newService(t)
	base := a.at.ODSBaseURL + "/organisation-data-terminology-api/fhir/Organization/"
	for name, tc := range map[string]struct {
		code, key string
		status    int
	}{
		"no key":          {"RR8", "", 401},
		"an unknown key":  {"RR8", "nobody", 401},
		"an unknown code": {"ZZ999", odsKey, 404},
		"a site":          {"RR813", odsKey, 200},
		"a closed one":    {"B86003", odsKey, 200},
	} {
		t.Run(name, func(t *testing.T) {
			res := a.get(base+tc.code, "apikey", tc.key)
			if res.status != tc.status {
				t.Errorf("%d %s", res.status, res.text)
			}
			if active := res.json(t)["active"]; tc.status == 200 && active != (tc.code != "B86003") {
				t.Errorf("active is %v", active)
			}
		})
	}
}

func TestTheGatewayTellsWhetherItLives(t *testing.T) {
	a := newService(t)
	if res := a.get(a.at.ERSBaseURL + "/_ping"); res.status != http.StatusOK {
		t.Errorf("_ping: %d", res.status)
	}
	if res := a.get(a.at.ERSBaseURL + "/_status"); res.status != http.StatusUnauthorized {
		t.Errorf("_status without a key: %d", res.status)
	}
	if res := a.get(a.at.ERSBaseURL+"/_status", "apikey", apiKey); res.json(t)["status"] != "pass" {
		t.Errorf("_status: %d %s", res.status, res.text)
	}
}
