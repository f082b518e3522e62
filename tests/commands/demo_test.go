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

func TestHelpAndWrongArguments(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "--help")
	if r.code != 0 {
		t.Errorf("--help: exit code %d", r.code)
	}
	for _, command := range []string{"serve", "dev", "demo", "keys generate", "config check", "audit verify", "audit export"} {
		if !strings.Contains(r.stdout, command) {
			t.Errorf("--help does not name %q", command)
		}
	}
	if r := run(t, nil, "--version"); r.code != 0 || strings.TrimSpace(r.stdout) == "" {
		t.Errorf("--version: exit code %d, %q", r.code, r.stdout)
	}
	for _, args := range [][]string{{"unknown"}, {"demo", "--unknown"}, {"audit", "export", "--format", "xml", "--database", "sqlite:x"}, {}} {
		if r := run(t, nil, args...); r.code != 2 || r.stderr == "" {
			t.Errorf("%v: exit code %d, want 2 and a word about it", args, r.code)
		}
	}
}
