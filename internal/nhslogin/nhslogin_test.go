package nhslogin_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/oidc"
	"github.com/patient-care-aggregator/aggregator/internal/oidc/oidctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const number = "9990000018"

type fixture struct {
	*oidctest.Provider
	*nhslogin.Client

	t *testing.T
}

func setUp(t *testing.T) *fixture {
	t.Helper()
	p := oidctest.New(t, gojose.RS512)
	text, err := jose.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	ours, err := jose.ParseKeys(text, []string{"ours"})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.Parse([]byte(keys.Generate("1")))
	if err != nil {
		t.Fatal(err)
	}
	ids := 0
	c, err := nhslogin.New(nhslogin.Deps{
		Issuer: p.URL, ClientID: oidctest.ClientID, RedirectURL: oidctest.RedirectURL, Keys: ours,
		NewID: func() string { ids++; return "jti-" + strconv.Itoa(ids) },
		RelyingParty: oidc.Deps{
			HTTP: oidctest.HTTP(t, p.Now), Store: &oidctest.Store{}, Ring: ring, Now: p.Now, Random: rand.Reader, AllowInsecure: true,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Provider: p, Client: c, t: t}
	f.person(nil)
	return f
}

// person has NHS login vouch for somebody from now on, with changed claims.
func (f *fixture) person(changes map[string]any) {
	all := map[string]any{
		"vot": "P9.Cp.Cd", "vtm": f.URL + "/trustmark", "nhs_number": number, "family_name": "Day",
		"birthdate": "1980-01-02", "identity_proofing_level": "P9", "auth_time": nil,
	}
	maps.Copy(all, changes)
	f.With(all)
}

func (f *fixture) signIn(prompt string) (nhslogin.Identity, error) {
	f.t.Helper()
	r, err := f.Begin(f.t.Context(), nhslogin.Request{Prompt: prompt, ReturnTo: "/timeline", Renews: "ref"})
	if err != nil {
		f.t.Fatal(err)
	}
	f.Visit(r.URL)
	who, begun, err := f.Finish(f.t.Context(), oidc.Callback{State: r.State, Binding: r.Binding, Code: oidctest.Code})
	if begun != (nhslogin.Request{Prompt: prompt, ReturnTo: "/timeline", Renews: "ref"}) {
		f.t.Errorf("what the sign-in began with is lost: %+v", begun)
	}
	return who, err
}

func refused(t *testing.T, name string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", name, err, want)
	}
	for _, secret := range []string{number, oidctest.AccessToken, oidctest.Code, "eyJ", "Day", "1980", "http://127"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error repeats %q: %v", name, secret, err)
		}
	}
}

func TestSignIn(t *testing.T) {
	f := setUp(t)
	who, err := f.signIn("")
	if err != nil {
		t.Fatal(err)
	}
	if who.NHSNumber.Reveal() != number || who.IDTokenID != "id-token-1" || !who.IDTokenExpires.Equal(f.Now().Add(time.Hour)) || !strings.HasPrefix(who.IDToken.Reveal(), "eyJ") {
		t.Errorf("signed in as %+v", who)
	}
	if _, err := f.signIn(""); err != nil {
		t.Fatal(err)
	}
	forms, _ := f.Exchanges()
	one, other := assertion(t, forms[0].Get("client_assertion")), assertion(t, forms[1].Get("client_assertion"))
	if one["jti"] == other["jti"] || one["aud"] != f.URL+oidctest.TokenPath || one["iss"] != oidctest.ClientID || one["sub"] != oidctest.ClientID {
		t.Errorf("asserted %v and %v", one, other)
	}
}

func assertion(t *testing.T, text string) (claims map[string]any) {
	t.Helper()
	object, err := gojose.ParseSignedCompact(text, []gojose.SignatureAlgorithm{gojose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(object.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestAuthorizeRequest(t *testing.T) {
	f := setUp(t)
	r, err := f.Begin(t.Context(), nhslogin.Request{Prompt: "", ReturnTo: "/timeline"})
	if err != nil {
		t.Fatal(err)
	}
	q := f.Visit(r.URL)
	if q.Get("vtr") != `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]` || q.Get("scope") != "openid profile" {
		t.Errorf("asked with %v", q)
	}
	for _, never := range []string{"max_age", "login_hint", "acr_values", "response_mode", "ui_locales"} {
		if q.Has(never) {
			t.Errorf("%s is not supported by NHS login", never)
		}
	}
	const code = 10 * time.Minute
	if r.Life < code {
		t.Errorf("a citizen has %v, and NHS login's code is valid for %v", r.Life, code)
	}
}

func TestWhoIsRefused(t *testing.T) {
	f := setUp(t)
	for name, c := range map[string]struct {
		claim string
		value any
		want  error
	}{
		"no jti":                    {"jti", nil, oidc.ErrInvalid},
		"an empty jti":              {"jti", "", oidc.ErrInvalid},
		"a number for NHS number":   {"nhs_number", 9990000018, oidc.ErrInvalid},
		"a vector not asked for":    {"vot", "P9.Cp", nhslogin.ErrIdentityLevel},
		"several vectors":           {"vot", "P9.Cp.Cd.Ck", nhslogin.ErrIdentityLevel},
		"no vector":                 {"vot", nil, nhslogin.ErrIdentityLevel},
		"level P5":                  {"identity_proofing_level", "P5", nhslogin.ErrIdentityLevel},
		"a vector of P5":            {"vot", "P5.Cp.Cd", nhslogin.ErrIdentityLevel},
		"no level":                  {"identity_proofing_level", nil, nhslogin.ErrIdentityLevel},
		"no NHS number":             {"nhs_number", nil, nhslogin.ErrNoNHSNumber},
		"a wrong check digit":       {"nhs_number", "9990000019", nhslogin.ErrNoNHSNumber},
		"an NHS number in groups":   {"nhs_number", "999 000 0018", nhslogin.ErrNoNHSNumber},
		"no birthdate":              {"birthdate", nil, nhslogin.ErrAgeUnknown},
		"not a birthdate":           {"birthdate", "02/01/1980", nhslogin.ErrAgeUnknown},
		"not a month":               {"birthdate", "1980-13-02", nhslogin.ErrAgeUnknown},
		"a year only":               {"birthdate", "1980", nhslogin.ErrAgeUnknown},
		"a birthdate in the future": {"birthdate", "2026-03-03", nhslogin.ErrAgeUnknown},
		"a birthdate of year 0":     {"birthdate", "0000-01-01", nhslogin.ErrAgeUnknown},
		"a birthdate long ago":      {"birthdate", "1890-01-01", nhslogin.ErrAgeUnknown},
		"a child":                   {"birthdate", "2016-03-02", nhslogin.ErrUnder16},
	} {
		f.person(map[string]any{c.claim: c.value})
		_, err := f.signIn("")
		refused(t, name, err, c.want)
	}
	for _, vector := range nhslogin.VectorsOfTrust() {
		f.person(map[string]any{"vot": vector})
		if _, err := f.signIn(""); err != nil {
			t.Errorf("%s: %v", vector, err)
		}
	}
	t.Run("an ID token that is not signed with RS512", func(t *testing.T) {
		f.Token = func(claims map[string]any) string { return f.Sign(gojose.RS256, f.Key, f.KeyID, claims) }
		_, err := f.signIn("")
		refused(t, "RS256", err, oidc.ErrInvalid)
	})
}

func TestAge(t *testing.T) {
	f := setUp(t)
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		birthdate string
		now       time.Time
		want      error
	}{
		{"2010-03-02", time.Date(2026, 3, 1, 23, 59, 59, 0, london), nhslogin.ErrUnder16},
		{"2010-03-02", time.Date(2026, 3, 2, 0, 0, 0, 0, london), nil},
		{"2010-07-10", time.Date(2026, 7, 9, 23, 59, 59, 0, london), nhslogin.ErrUnder16}, // 22:59:59 UTC
		{"2010-07-10", time.Date(2026, 7, 9, 23, 0, 0, 0, time.UTC), nil},                 // midnight in London
		{"2008-02-29", time.Date(2024, 2, 28, 23, 59, 59, 0, london), nhslogin.ErrUnder16},
		{"2008-02-29", time.Date(2024, 2, 29, 0, 0, 0, 0, london), nil},
		{"2084-02-29", time.Date(2100, 2, 28, 23, 59, 59, 0, london), nhslogin.ErrUnder16}, // 2100 has no 29 February
		{"2084-02-29", time.Date(2100, 3, 1, 0, 0, 0, 0, london), nil},
		{"2026-03-02", time.Date(2026, 3, 2, 10, 0, 0, 0, london), nhslogin.ErrUnder16}, // born today
	} {
		f.Set(c.now)
		f.person(map[string]any{"birthdate": c.birthdate})
		_, err := f.signIn("")
		refused(t, c.birthdate+" at "+c.now.String(), err, c.want)
	}
}

func TestACitizenWhoDoesNotShare(t *testing.T) {
	f := setUp(t)
	for description, want := range map[string]error{
		"ConsentNotGiven": nhslogin.ErrSharingDeclined, " consentNotGiven": nhslogin.ErrSharingDeclined, "": oidc.ErrRefused, "Other": oidc.ErrRefused,
	} {
		r, err := f.Begin(t.Context(), nhslogin.Request{Prompt: "", ReturnTo: "/timeline"})
		if err != nil {
			t.Fatal(err)
		}
		_, returnTo, err := f.Finish(t.Context(), oidc.Callback{State: r.State, Binding: r.Binding, Error: "access_denied", ErrorDescription: description})
		refused(t, description, err, want)
		if returnTo.ReturnTo != "/timeline" {
			t.Errorf("%q: where the citizen was is lost", description)
		}
	}
}
