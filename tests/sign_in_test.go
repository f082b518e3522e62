package tests_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// beginSignIn starts a sign-in and returns the address at NHS login that it leads to.
func beginSignIn(b *harness.Browser) *url.URL {
	b.T.Helper()
	a := b.Get("/auth/login?return_to=/auth/session")
	harness.Answered(b.T, a, http.StatusFound)
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		b.T.Fatal(err)
	}
	return u
}

// comeBack has a citizen sign in there and returns the address that NHS login
// sends the browser back to.
func comeBack(b *harness.Browser, at *url.URL, choice url.Values) string {
	b.T.Helper()
	q := at.Query()
	for name, values := range choice {
		q[name] = values
	}
	there := *at
	there.RawQuery = q.Encode()
	a := b.Get(there.String())
	if a.Status != http.StatusFound && a.Status != http.StatusSeeOther {
		b.T.Fatalf("NHS login: status %d: %s", a.Status, a.Body)
	}
	return a.Header.Get("Location")
}

// callbackOf is begin and comeBack of one citizen.
func callbackOf(b *harness.Browser, name string) string {
	b.T.Helper()
	return comeBack(b, beginSignIn(b), harness.Query("sandbox_citizen", name))
}

func isSignedOut(b *harness.Browser) {
	b.T.Helper()
	if a := b.Get("/auth/session"); a.Status != http.StatusUnauthorized {
		b.T.Errorf("signed in after all: status %d", a.Status)
	}
}

func TestNHSLoginIsAskedForWhatERSDemands(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	q := beginSignIn(s.Browser()).Query()
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
	s := harness.Start(t)
	t.Run("a forged state", func(t *testing.T) {
		b := s.Browser().In(t)
		beginSignIn(b)
		harness.Refused(t, b.Get("/auth/callback?code=code&state=FORGEDFORGEDFORGEDFORGEDFORGED"), http.StatusBadRequest, "sign_in_expired")
		isSignedOut(b)
	})
	t.Run("no state at all", func(t *testing.T) {
		harness.Refused(t, s.Browser().In(t).Get("/auth/callback?code=code"), http.StatusBadRequest, "sign_in_expired")
		harness.Refused(t, s.Browser().In(t).Get("/auth/callback"), http.StatusBadRequest, "sign_in_expired")
	})
	t.Run("a state used twice", func(t *testing.T) {
		b := s.Browser().In(t)
		back := callbackOf(b, "bella")
		harness.Answered(t, b.Get(back), http.StatusSeeOther)
		harness.Answered(t, b.Post("/auth/logout", nil), http.StatusNoContent)
		harness.Refused(t, b.Get(back), http.StatusBadRequest, "sign_in_expired")
		isSignedOut(b)
	})
	t.Run("a state that waited too long", func(t *testing.T) {
		late := harness.Start(t)
		b := late.Browser().In(t)
		back := callbackOf(b, "bella")
		late.Clock.Advance(11 * time.Minute)
		harness.Refused(t, b.Get(back), http.StatusBadRequest, "sign_in_expired")
		isSignedOut(b)
	})
	t.Run("come back in another browser", func(t *testing.T) {
		thief, victim := s.Browser().In(t), s.Browser().In(t)
		back := callbackOf(thief, "bella")
		harness.Refused(t, victim.Get(back), http.StatusBadRequest, "sign_in_failed")
		isSignedOut(victim)
		harness.Refused(t, thief.Get(back), http.StatusBadRequest, "sign_in_expired") // the first try used it up
	})
	t.Run("a code that NHS login never gave", func(t *testing.T) {
		b := s.Browser().In(t)
		back, _ := url.Parse(callbackOf(b, "bella"))
		q := back.Query()
		q.Set("code", "made-up")
		back.RawQuery = q.Encode()
		harness.Refused(t, b.Get(back.String()), http.StatusBadRequest, "sign_in_expired")
		isSignedOut(b)
	})
	t.Run("a parameter that stands twice", func(t *testing.T) {
		b := s.Browser().In(t)
		harness.Refused(t, b.Get(callbackOf(b, "bella")+"&code=second"), http.StatusBadRequest, "sign_in_failed")
		isSignedOut(b)
	})
	t.Run("a parameter without an end", func(t *testing.T) {
		harness.Refused(t, s.Browser().In(t).Get("/auth/callback?state="+strings.Repeat("s", 5000)), http.StatusBadRequest, "sign_in_failed")
	})
}

func TestManyTriesAtOneStateSignInOnce(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Browser()
	back := callbackOf(b, "bella")
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
			s := harness.Start(t)
			s.Sandbox.Order(sandbox.Fault{Kind: kind, Upstream: sandbox.NHSLogin})
			b := s.Browser()
			harness.Refused(t, b.Get(callbackOf(b, "bella")), http.StatusBadRequest, "sign_in_failed")
			isSignedOut(b)
			s.Sandbox.ClearFaults()
			harness.Answered(t, b.SignIn("bella"), http.StatusOK)
		})
	}
}

func TestANewKeyOfNHSLoginIsFollowed(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.SignedIn("bella") // the old key is known
	s.Sandbox.Order(sandbox.Fault{Kind: sandbox.RotatedKey, Upstream: sandbox.NHSLogin})
	s.SignedIn("sunny")
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
			s := harness.Start(t)
			s.Sandbox.Order(f)
			b := s.Browser()
			a := b.Must(b.Journey.SignIn(t.Context(), "bella", "/auth/session"))
			harness.Refused(t, a, http.StatusServiceUnavailable, "sign_in_unavailable")
			isSignedOut(b)
			s.Sandbox.ClearFaults()
			harness.Answered(t, b.SignIn("bella"), http.StatusOK)
		})
	}
}

func TestNHSLoginsRefusalsAreTold(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	t.Run("the citizen does not share", func(t *testing.T) {
		b := s.Browser().In(t)
		a := b.Must(b.SignInWith(t.Context(), harness.Query("sandbox_citizen", "bella", "sandbox_answer", "decline"), "/v1/timeline"))
		harness.Refused(t, a, http.StatusForbidden, "sharing_declined")
		if !strings.Contains(string(a.Body), "111") {
			t.Error("does not say where to find help (NHS login: the no-consent page)")
		}
		isSignedOut(b)
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
			b := s.Browser().In(t)
			a := b.Get("/auth/callback?" + harness.Query("error", code, "state", beginSignIn(b).Query().Get("state")).Encode())
			harness.Refused(t, a, want.status, want.code)
			if strings.Contains(string(a.Body), "script") {
				t.Error("repeats what a stranger wrote")
			}
		})
	}
}
