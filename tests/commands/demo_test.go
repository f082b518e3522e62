//go:build !production

package commands_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDemoPrintsATimelineThatAPersonCanRead(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "demo")
	succeeded(t, r)
	for _, want := range []string{"SANDBOX, not the NHS", "2 referrals need you to do something", "Ready to book", "Next:", "Timeline", "NHS e-Referral Service (ok)"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("does not say %q:\n%s", want, r.stdout)
		}
	}
}

func TestDemoAsJSONIsTheAnswerAsItCame(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "demo", "--json", "--citizen", "bella")
	succeeded(t, r)
	var answer struct {
		Complete  bool
		Referrals []struct{ State struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(r.stdout), &answer); err != nil {
		t.Fatal(err)
	}
	if !answer.Complete || len(answer.Referrals) != 1 || answer.Referrals[0].State.Code != "BOOKED" {
		t.Errorf("answered %s", r.stdout)
	}
}

func TestDemoShowsWhatTheCitizenIsToldWhoMayNotSeeAnything(t *testing.T) {
	t.Parallel()
	for citizen, code := range map[string]string{"yusuf": "(403 under_16)", "pip": "(403 identity_level_too_low)", "olive": "(502 upstream_unavailable)"} {
		t.Run(citizen, func(t *testing.T) {
			t.Parallel()
			r := run(t, nil, "demo", "--citizen", citizen)
			succeeded(t, r)
			if !strings.Contains(r.stdout, code) {
				t.Errorf("does not say %s:\n%s", code, r.stdout)
			}
		})
	}
	t.Run("somebody whom nobody knows", func(t *testing.T) {
		t.Parallel()
		if r := run(t, nil, "demo", "--citizen", "nobody-of-that-name"); r.code == 0 {
			t.Errorf("succeeded: %s", r.stdout)
		}
	})
}
