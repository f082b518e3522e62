package tests_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// huw has nearly a hundred referrals, and phones have slow connections.
func TestLongAnswersAreCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.Consented("huw")
	b := s.PlainBrowser() // the contract is checked of answers that are not compressed
	b.SignIn("huw")
	plain := b.Get("/v1/timeline", "Accept-Encoding", "identity")
	packed := b.Get("/v1/timeline", "Accept-Encoding", "gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.Body) > len(plain.Body)/5 {
		t.Fatalf("%q, %d bytes of %d", packed.Header.Get("Content-Encoding"), len(packed.Body), len(plain.Body))
	}
	if !strings.Contains(strings.Join(packed.Header.Values("Vary"), ","), "Accept-Encoding") || packed.Header.Get("ETag") != plain.Header.Get("ETag") {
		t.Errorf("Vary %q, ETag %q and %q", packed.Header.Values("Vary"), packed.Header.Get("ETag"), plain.Header.Get("ETag"))
	}
	unpacked, err := gzip.NewReader(strings.NewReader(string(packed.Body)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil || len(text) != len(plain.Body) {
		t.Errorf("%d bytes unpacked, want %d: %v", len(text), len(plain.Body), err)
	}
	if short := b.Get("/_ping", "Accept-Encoding", "gzip"); short.Header.Get("Content-Encoding") != "" {
		t.Error("a short answer was compressed")
	}
}

// Not every client reads fractions of a second, and none should fail for some values
// only.
func TestTimesHaveWholeSeconds(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Consented("bella")
	fraction := regexp.MustCompile(`T\d\d:\d\d:\d\d\.\d`)
	for _, path := range []string{"/auth/session", "/v1/consents", "/v1/timeline", "/v1/appointments", "/v1/changes"} {
		if a := b.Get(path); fraction.Match(a.Body) || len(a.Body) == 0 {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
}

func TestARefusalSaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	b := s.Browser()
	for path, member := range map[string]string{
		"/v1/timeline":       `"signInUrl":"` + s.URL + `/auth/login"`,
		"/audit/v1/entries":  `"signInUrl":"` + s.URL + `/audit/login"`,
		"/auth/session":      `"signInUrl":"` + s.URL + `/auth/login"`,
		"/v1/referrals/none": `"signInUrl":"` + s.URL + `/auth/login"`,
	} {
		if a := b.Get(path); !strings.Contains(string(a.Body), member) {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
	if a := s.Browser().SignIn("pip"); !strings.Contains(string(a.Body), `"helpUrl":"https://help.login.nhs.uk/"`) {
		t.Errorf("an identity that is not proved: %s", a.Body)
	}
}

func TestACitizensAnswersSayHowManyRequestsAreLeft(t *testing.T) {
	t.Parallel()
	b := harness.Start(t, harness.Env("PCA_RATE_LIMIT_CITIZEN", "20-M")).Consented("bella")
	first, second := b.Get("/v1/timeline"), b.Get("/v1/timeline")
	for _, name := range []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} {
		if first.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	if first.Header.Get("RateLimit-Limit") != "20" || first.Header.Get("RateLimit-Remaining") == second.Header.Get("RateLimit-Remaining") {
		t.Errorf("%q, then %q", first.Header, second.Header)
	}
	if a := harness.Start(t).Browser().Get("/v1/privacy-notice"); a.Header.Get("RateLimit-Limit") != "" {
		t.Error("a limit of others is told")
	}
}

func TestDocumentsForProgramsAreKeptAndAskedAboutAgain(t *testing.T) {
	t.Parallel()
	b := harness.Start(t).Browser()
	for path, kind := range map[string]string{"/openapi.yaml": "application/yaml", "/openapi.json": "application/json", "/v1/privacy-notice": "application/json; charset=utf-8"} {
		a := b.Get(path)
		harness.Answered(t, a, http.StatusOK)
		if a.Header.Get("Content-Type") != kind || a.Header.Get("ETag") == "" {
			t.Errorf("%s: %q, ETag %q", path, a.Header.Get("Content-Type"), a.Header.Get("ETag"))
		}
		harness.Answered(t, b.Get(path, "If-None-Match", a.Header.Get("ETag")), http.StatusNotModified)
	}
}

func TestWhoFoundAWeaknessKnowsWhomToTell(t *testing.T) {
	t.Parallel()
	for contact, want := range map[string]string{
		"security@example.nhs.uk":        "Contact: mailto:security@example.nhs.uk\n",
		"https://example.nhs.uk/contact": "Contact: https://example.nhs.uk/contact\n",
	} {
		a := harness.Start(t, harness.Env("PCA_OPERATOR_CONTACT", contact)).Browser().Get("/.well-known/security.txt")
		harness.Answered(t, a, http.StatusOK)
		if !strings.Contains(string(a.Body), want) || !regexp.MustCompile(`(?m)^Expires: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`).Match(a.Body) {
			t.Errorf("%s: %s", contact, a.Body)
		}
	}
	harness.Refused(t, harness.Start(t, harness.Env("PCA_OPERATOR_CONTACT", "phone us")).Browser().Get("/.well-known/security.txt"), http.StatusNotFound, "not_found")
}
