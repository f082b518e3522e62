package tests_test

import (
	"net/http"
	"testing"

	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

func TestWhomNHSLoginVouchesTooLittleForIsTurnedAwayWithWords(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for name, c := range map[string]struct{ citizen, code string }{
		"identity proved to P5 alone":     {"pip", "identity_level_too_low"},
		"identity not proved":             {"zara", "identity_level_too_low"},
		"signed in with a password alone": {"cosmo", "identity_level_too_low"},
		"aged 15":                         {"yusuf", "under_16"},
		"no date of birth":                {"noah", "age_unknown"},
		"no NHS number":                   {"nemo", "no_nhs_number"},
	} {
		t.Run(name, func(t *testing.T) {
			b := s.Browser().In(t)
			harness.Refused(t, b.SignIn(c.citizen), http.StatusForbidden, c.code)
			isSignedOut(b)
		})
	}
	if n := len(s.Asked("platform", "")) + len(s.Asked("ers", "")); n != 0 {
		t.Errorf("the NHS was asked %d times for people who may not be shown anything", n)
	}
}

func TestWhoMayIsLetIn(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for name, citizen := range map[string]string{
		"sixteenth birthday today": "sixten",
		"a key on the phone":       "mika",
		"born on 29 February":      "leah",
	} {
		t.Run(name, func(t *testing.T) {
			harness.Answered(t, s.Consented(citizen).In(t).Get("/v1/timeline"), http.StatusOK)
		})
	}
}
