package tests_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
)

// begin starts a sign-in and gives the address at NHS login that it leads to.
func (b *browser) begin() *url.URL {
	b.t.Helper()
	a := b.get("/auth/login?return_to=/auth/session")
	answered(b.t, a, http.StatusFound)
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// comeBack has a citizen sign in there and gives the address that NHS login
// sends the browser back to.
func (b *browser) comeBack(at *url.URL, choice url.Values) string {
	b.t.Helper()
	q := at.Query()
	for name, values := range choice {
		q[name] = values
	}
	there := *at
	there.RawQuery = q.Encode()
	a := b.get(there.String())
	if a.Status != http.StatusFound && a.Status != http.StatusSeeOther {
		b.t.Fatalf("NHS login: status %d: %s", a.Status, a.Body)
	}
	return a.Header.Get("Location")
}

// callback is begin and comeBack of one citizen.
func (b *browser) callback(name string) string {
	b.t.Helper()
	return b.comeBack(b.begin(), query("sandbox_citizen", name))
}

func (b *browser) isSignedOut() {
	b.t.Helper()
	if a := b.get("/auth/session"); a.Status != http.StatusUnauthorized {
		b.t.Errorf("signed in after all: status %d", a.Status)
	}
}

func TestNHSLoginIsAskedForWhatERSDemands(t *testing.T) {
	t.Parallel()
	s := start(t)
	q := s.browser().begin().Query()
	for name, want := range map[string]string{
		"response_type": "code", "vtr": `["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]`, "redirect_uri": s.URL + "/auth/callback", "scope": "openid profile",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	for _, name := range []string{"state", "nonce"} {
		if len(q.Get(name)) < 22 {
			t.Errorf("%s %q is too short to be a secret", name, q.Get(name))
		}
	}
	// Not in discovery, so NHS login would not take it.
	if q.Has("code_challenge") {
		t.Error("sends PKCE that nobody offered")
	}
}

func TestASignInServesOnceAndInTheBrowserThatBeganIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("a forged state", func(t *testing.T) {
		b := s.browser().in(t)
		b.begin()
		refused(t, b.get("/auth/callback?code=code&state=FORGEDFORGEDFORGEDFORGEDFORGED"), http.StatusBadRequest, "sign_in_expired")
		b.isSignedOut()
	})
	t.Run("no state at all", func(t *testing.T) {
		refused(t, s.browser().in(t).get("/auth/callback?code=code"), http.StatusBadRequest, "sign_in_expired")
		refused(t, s.browser().in(t).get("/auth/callback"), http.StatusBadRequest, "sign_in_expired")
	})
	t.Run("a state used twice", func(t *testing.T) {
		b := s.browser().in(t)
		back := b.callback("bella")
		answered(t, b.get(back), http.StatusSeeOther)
		refused(t, b.get(back), http.StatusBadRequest, "sign_in_expired")
	})
	t.Run("a state that waited too long", func(t *testing.T) {
		late := start(t)
		b := late.browser().in(t)
		back := b.callback("bella")
		late.clock.Advance(11 * time.Minute)
		refused(t, b.get(back), http.StatusBadRequest, "sign_in_expired")
		b.isSignedOut()
	})
	t.Run("come back in another browser", func(t *testing.T) {
		thief, victim := s.browser().in(t), s.browser().in(t)
		back := thief.callback("bella")
		refused(t, victim.get(back), http.StatusBadRequest, "sign_in_failed")
		victim.isSignedOut()
		refused(t, thief.get(back), http.StatusBadRequest, "sign_in_expired") // the first try used it up
	})
	t.Run("a code that NHS login never gave", func(t *testing.T) {
		b := s.browser().in(t)
		back, _ := url.Parse(b.callback("bella"))
		q := back.Query()
		q.Set("code", "made-up")
		back.RawQuery = q.Encode()
		refused(t, b.get(back.String()), http.StatusBadRequest, "sign_in_expired")
		b.isSignedOut()
	})
	t.Run("a parameter that stands twice", func(t *testing.T) {
		b := s.browser().in(t)
		refused(t, b.get(b.callback("bella")+"&code=second"), http.StatusBadRequest, "sign_in_failed")
		b.isSignedOut()
	})
	t.Run("a parameter without an end", func(t *testing.T) {
		refused(t, s.browser().in(t).get("/auth/callback?state="+strings.Repeat("s", 5000)), http.StatusBadRequest, "sign_in_failed")
	})
}

func TestManyTriesAtOneStateSignInOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser()
	back := b.callback("bella")
	const tries = 8
	answers := make(chan local.Answer, tries)
	for range tries {
		go func() {
			a, err := b.DoOnce(t.Context(), http.MethodGet, back, nil)
			if err != nil {
				t.Error(err)
			}
			answers <- a
		}()
	}
	in := 0
	for range tries {
		if a := <-answers; a.Status == http.StatusSeeOther {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d of %d tries signed in", in, tries)
	}
}

func TestAnIDTokenThatIsNotForThisSignInIsRefused(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]sandbox.Kind{
		"wrong nonce":    sandbox.WrongNonce,
		"wrong audience": sandbox.WrongAudience,
		"wrong issuer":   sandbox.WrongIssuer,
		"expired":        sandbox.ExpiredToken,
		"withdrawn key":  sandbox.WithdrawnKey,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.Sandbox.Order(sandbox.Fault{Kind: kind, Upstream: sandbox.NHSLogin})
			b := s.browser()
			refused(t, b.get(b.callback("bella")), http.StatusBadRequest, "sign_in_failed")
			b.isSignedOut()
			s.Sandbox.ClearFaults()
			answered(t, b.signIn("bella"), http.StatusOK)
		})
	}
}

func TestANewKeyOfNHSLoginIsFollowed(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.signedIn("bella") // the old key is known
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.RotatedKey, Upstream: sandbox.NHSLogin})
	s.signedIn("sunny")
}

func TestNHSLoginInTroubleIsNotTheCitizensFault(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sandbox.Fault{
		"discovery is down":          {Kind: sandbox.Status, Status: 503, Upstream: sandbox.NHSLogin, Operation: "discovery"},
		"discovery is no JSON":       {Kind: sandbox.HTML502, Upstream: sandbox.NHSLogin, Operation: "discovery"},
		"key set is down":            {Kind: sandbox.Status, Status: 503, Upstream: sandbox.NHSLogin, Operation: "jwks"},
		"key set cannot be read":     {Kind: sandbox.Malformed, Upstream: sandbox.NHSLogin, Operation: "jwks"},
		"key set is empty":           {Kind: sandbox.Empty, Upstream: sandbox.NHSLogin, Operation: "jwks"},
		"token endpoint is down":     {Kind: sandbox.Status, Status: 503, Upstream: sandbox.NHSLogin, Operation: "token"},
		"token endpoint cuts":        {Kind: sandbox.Cut, Upstream: sandbox.NHSLogin, Operation: "token"},
		"token endpoint speaks HTML": {Kind: sandbox.HTML502, Upstream: sandbox.NHSLogin, Operation: "token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.Sandbox.Order(f)
			b := s.browser()
			a := b.must(b.SignIn(t.Context(), "bella", "/auth/session"))
			refused(t, a, http.StatusServiceUnavailable, "sign_in_unavailable")
			b.isSignedOut()
			s.Sandbox.ClearFaults()
			answered(t, b.signIn("bella"), http.StatusOK)
		})
	}
}

func TestNHSLoginsRefusalsAreTold(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("the citizen does not share", func(t *testing.T) {
		b := s.browser().in(t)
		a := b.must(b.SignInWith(t.Context(), query("sandbox_citizen", "bella", "sandbox_answer", "decline"), "/v1/timeline"))
		refused(t, a, http.StatusForbidden, "sharing_declined")
		if !strings.Contains(string(a.Body), "111") {
			t.Error("does not say where to find help (NHS login: the no-consent page)")
		}
		b.isSignedOut()
	})
	for code, want := range map[string]struct {
		status int
		code   string
	}{
		"access_denied":           {http.StatusBadRequest, "sign_in_failed"},
		"server_error":            {http.StatusServiceUnavailable, "sign_in_unavailable"},
		"temporarily_unavailable": {http.StatusServiceUnavailable, "sign_in_unavailable"},
		"unauthorized_client":     {http.StatusServiceUnavailable, "sign_in_unavailable"},
		"<script>":                {http.StatusBadRequest, "sign_in_failed"},
	} {
		t.Run(code, func(t *testing.T) {
			b := s.browser().in(t)
			a := b.get("/auth/callback?" + query("error", code, "state", b.begin().Query().Get("state")).Encode())
			refused(t, a, want.status, want.code)
			if strings.Contains(string(a.Body), "script") {
				t.Error("repeats what a stranger wrote")
			}
		})
	}
}
