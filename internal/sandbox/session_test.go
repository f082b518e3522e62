package sandbox_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

func (a *service) withCookies() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.client.Jar = jar
}

func TestTheSessionAtNHSLogin(t *testing.T) {
	a := newService(t)
	a.withCookies()
	prompt := func(value string) func(url.Values) { return func(q url.Values) { q.Set("prompt", value) } }
	if a.code() == "" {
		t.Fatal("no sign-in")
	}
	t.Run("signs in again without a page", func(t *testing.T) {
		if a.authorize(authorizeQuery()).back(t).Get("code") == "" {
			t.Error("no code came back")
		}
	})
	t.Run("is enough for prompt none", func(t *testing.T) {
		if a.authorize(authorizeQuery(prompt("none"))).back(t).Get("code") == "" {
			t.Error("no code came back")
		}
	})
	t.Run("is not enough for prompt login", func(t *testing.T) {
		if res := a.authorize(authorizeQuery(prompt("login"))); res.status != http.StatusOK || !strings.Contains(res.text, "Pick a citizen") {
			t.Errorf("%d", res.status)
		}
	})
	t.Run("is not enough for a stronger vector of trust", func(t *testing.T) {
		stronger := func(q url.Values) { q.Set("vtr", `["P9.Cm"]`) }
		if got := a.authorize(authorizeQuery(prompt("none"), stronger)).back(t).Get("error"); got != "interaction_required" {
			t.Errorf("error %q", got)
		}
	})
	t.Run("is not shared with another service unasked", func(t *testing.T) {
		a.register(sandbox.App{ClientID: "other", RedirectURIs: []string{callback}, NHSLoginJWKSURL: a.jwks.URL})
		other := func(q url.Values) { q.Set("client_id", "other") }
		if got := a.authorize(authorizeQuery(prompt("none"), other)).back(t).Get("error"); got != "consent_required" {
			t.Errorf("error %q", got)
		}
	})
	t.Run("another person can sign in instead", func(t *testing.T) {
		if err := a.s.AnswerNext("nora"); err != nil {
			t.Fatal(err)
		}
		code := a.authorize(authorizeQuery()).back(t).Get("code")
		form := a.loginForm(code, a.claims(clientID, a.at.NHSLoginIssuer+"/token"))
		claims := unverified(t, a.post(a.at.NHSLoginIssuer+"/token", form).json(t)["id_token"])
		if claims["nhs_number"] != a.nhsNumber("nora") {
			t.Error("somebody else signed in")
		}
	})
	t.Run("outlives an ID token", func(t *testing.T) {
		a.s.Advance(time.Hour + time.Second)
		if a.authorize(authorizeQuery(prompt("none"))).back(t).Get("code") == "" {
			t.Error("no code came back")
		}
	})
	t.Run("ends after four hours", func(t *testing.T) {
		a.s.Advance(3 * time.Hour)
		if got := a.authorize(authorizeQuery(prompt("none"))).back(t).Get("error"); got != "login_required" {
			t.Errorf("error %q", got)
		}
	})
}

func TestAuthTimeIsToldForPromptLoginAlone(t *testing.T) {
	a := newService(t)
	for prompt, want := range map[string]bool{"": false, "login": true} {
		code := a.code(func(q url.Values) {
			if prompt != "" {
				q.Set("prompt", prompt)
			}
		})
		form := a.loginForm(code, a.claims(clientID, a.at.NHSLoginIssuer+"/token"))
		claims := unverified(t, a.post(a.at.NHSLoginIssuer+"/token", form).json(t)["id_token"])
		if got := claims["auth_time"] != nil; got != want {
			t.Errorf("prompt %q: auth_time sent is %v", prompt, got)
		}
	}
}

func TestTheStrongestAskedVectorThatTheCitizenHas(t *testing.T) {
	a := newService(t)
	for name, tc := range map[string]struct{ citizen, vtr, want string }{
		"a password and a known device":         {"bella", `["P9.Cm","P9.Cp.Ck","P9.Cp.Cd"]`, "P9.Cp.Cd"},
		"a key beats a password":                {"mika", `["P9.Cp.Cd","P9.Cm"]`, "P9.Cm"},
		"only what was asked":                   {"mika", `["P9.Cp.Cd"]`, "P9.Cp.Cd"},
		"a lower level when only that is asked": {"bella", `["P5.Cp.Cd"]`, "P5.Cp.Cd"},
		"the default":                           {"bella", "", "P9.Cp.Cd"},
		"P5 as it is":                           {"pip", `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`, "P5.Cp.Cd"},
		"P0 as it is":                           {"zara", `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`, "P0.Cp"},
		"a password only as it is":              {"cosmo", `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`, "P9.Cp"},
	} {
		t.Run(name, func(t *testing.T) {
			q := authorizeQuery(func(q url.Values) { q.Set("vtr", tc.vtr); q.Set("sandbox_citizen", tc.citizen) })
			code := a.authorize(q).back(t).Get("code")
			form := a.loginForm(code, a.claims(clientID, a.at.NHSLoginIssuer+"/token"))
			if got := unverified(t, a.post(a.at.NHSLoginIssuer+"/token", form).json(t)["id_token"])["vot"]; got != tc.want {
				t.Errorf("vot %v, not %s", got, tc.want)
			}
		})
	}
}

func TestTheIDTokenTellsWhatTheScopesOpen(t *testing.T) {
	a := newService(t)
	for name, tc := range map[string]struct {
		citizen, scope string
		has, lacks     []string
	}{
		"openid only":  {"bella", "openid", []string{"iss", "sub", "aud", "exp", "iat", "jti", "nonce", "vot", "vtm"}, []string{"nhs_number", "birthdate", "family_name", "identity_proofing_level"}},
		"profile":      {"bella", "openid profile", []string{"nhs_number", "birthdate", "family_name", "identity_proofing_level"}, []string{"given_name", "email"}},
		"extended":     {"bella", "openid profile profile_extended", []string{"given_name"}, nil},
		"P0":           {"zara", "openid profile", []string{"identity_proofing_level"}, []string{"nhs_number", "birthdate", "family_name"}},
		"no number":    {"nemo", "openid profile", []string{"birthdate"}, []string{"nhs_number"}},
		"no birthdate": {"noah", "openid profile", []string{"nhs_number"}, []string{"birthdate"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := authorizeQuery(func(q url.Values) { q.Set("scope", tc.scope); q.Set("sandbox_citizen", tc.citizen) })
			form := a.loginForm(a.authorize(q).back(t).Get("code"), a.claims(clientID, a.at.NHSLoginIssuer+"/token"))
			tokens := a.post(a.at.NHSLoginIssuer+"/token", form).json(t)
			claims := unverified(t, tokens["id_token"])
			access, _ := tokens["access_token"].(string)
			info := a.get(a.at.NHSLoginIssuer+"/userinfo", "Authorization", "Bearer "+access).json(t)
			if info["sub"] != claims["sub"] {
				t.Errorf("userinfo is about %v, the ID token about %v", info["sub"], claims["sub"])
			}
			for _, name := range tc.has {
				if claims[name] == nil {
					t.Errorf("%s is missing", name)
				}
			}
			for _, name := range tc.lacks {
				if claims[name] != nil || info[name] != nil {
					t.Errorf("%s is in the answer", name)
				}
			}
		})
	}
}

func TestAnIDTokenLivesAnHour(t *testing.T) {
	a := newService(t)
	tokens := a.signIn("bella")
	idToken, _ := tokens["id_token"].(string)
	claims := unverified(t, idToken)
	exp, _ := claims["exp"].(float64)
	iat, _ := claims["iat"].(float64)
	if exp-iat != 3600 {
		t.Errorf("it is valid for %v seconds", exp-iat)
	}
	a.s.Advance(time.Hour)
	if res := a.post(a.at.TokenURL, a.exchangeForm(idToken)); res.status != http.StatusBadRequest {
		t.Errorf("it can still be exchanged: %d", res.status)
	}
	t.Run("refreshing returns no new one", func(t *testing.T) {
		form := a.loginForm("", a.claims(clientID, a.at.NHSLoginIssuer+"/token"))
		form.Set("grant_type", "refresh_token")
		refresh, _ := tokens["refresh_token"].(string)
		form.Set("refresh_token", refresh)
		fresh := a.post(a.at.NHSLoginIssuer+"/token", form).json(t)
		if fresh["id_token"] != nil || fresh["access_token"] == nil {
			t.Errorf("%v", fresh)
		}
	})
	t.Run("the first access token opens userinfo no more", func(t *testing.T) {
		access, _ := tokens["access_token"].(string)
		res := a.get(a.at.NHSLoginIssuer+"/userinfo", "Authorization", "Bearer "+access)
		if res.status != http.StatusUnauthorized || !strings.Contains(res.header.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("%d %v", res.status, res.header)
		}
	})
}

func TestSingleSignOnBetweenServices(t *testing.T) {
	a := newService(t)
	a.register(sandbox.App{
		Name: "Second", ClientID: "second", RedirectURIs: []string{callback}, NHSLoginJWKSURL: a.jwks.URL, SSOFrom: []string{clientID},
	})
	a.register(sandbox.App{ClientID: "third", RedirectURIs: []string{callback}, NHSLoginJWKSURL: a.jwks.URL})
	jti := unverified(t, a.signIn("bella")["id_token"])["jti"]
	asserted := func(change func(map[string]any)) string {
		c := a.claims(clientID, "")
		delete(c, "aud")
		delete(c, "sub")
		c["code"], c["exp"] = jti, a.s.Now().Add(time.Minute).Unix()
		change(c)
		return sign(t, jose.RS512, header(), c)
	}
	as := func(client, token string) func(url.Values) {
		return func(q url.Values) {
			q.Set("client_id", client)
			q.Set("asserted_login_identity", token)
			q.Set("prompt", "none")
		}
	}
	t.Run("signs the citizen in to the second service", func(t *testing.T) {
		token := asserted(func(map[string]any) {})
		if got := a.authorize(authorizeQuery(as("second", token))).back(t); got.Get("code") == "" {
			t.Errorf("came back with %v", got)
		}
		if got := a.authorize(authorizeQuery(as("second", token))).back(t).Get("error"); got != "sso_login_required" {
			t.Errorf("the one-time token was accepted twice: %q", got)
		}
	})
	for name, tc := range map[string]struct {
		client string
		change func(map[string]any)
		why    string
	}{
		"a pair that is not configured":    {"third", func(map[string]any) {}, "configured"},
		"a longer life":                    {"second", func(c map[string]any) { c["exp"] = a.s.Now().Add(61 * time.Second).Unix() }, "60 seconds"},
		"an expired one":                   {"second", func(c map[string]any) { c["exp"] = a.s.Now().Unix() }, "expired"},
		"no jti":                           {"second", func(c map[string]any) { delete(c, "jti") }, "missing"},
		"no iat":                           {"second", func(c map[string]any) { delete(c, "iat") }, "missing"},
		"a code that is not an ID token's": {"second", func(c map[string]any) { c["code"] = "x" }, "jti of a living"},
		"an unknown service":               {"second", func(c map[string]any) { c["iss"] = "stranger" }, "iss"},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.authorize(authorizeQuery(as(tc.client, asserted(tc.change)))).back(t).Get("error")
			if got != "sso_login_required" {
				t.Errorf("error %q", got)
			}
			asked := a.s.Requests()
			if why := asked[len(asked)-1].Complaint; !strings.Contains(why, tc.why) {
				t.Errorf("the recording says %q", why)
			}
		})
	}
}
