package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/config"
)

func TestADevelopmentBuildServesLoopbackOnly(t *testing.T) {
	for address, onLoopback := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]:8080": true,
		"https://referrals.example.nhs.uk": false, "https://localhost.example.org": false, "https://0.0.0.0": false, "https://10.0.0.1": false,
	} {
		c := config.Config{PublicURL: address}
		if err := (buildFlags{}).check(development, c); (err == nil) != onLoopback {
			t.Errorf("%s: development build: %v", address, err)
		} else if err != nil && report(&bytes.Buffer{}, err) != exitUsage {
			t.Errorf("%s: not reported as a usage error: %v", address, err)
		}
		if err := (buildFlags{AllowDevelopmentBuild: true}).check(development, c); err != nil {
			t.Errorf("%s: development build with permission: %v", address, err)
		}
		if err := (buildFlags{}).check(production, c); err != nil {
			t.Errorf("%s: production build: %v", address, err)
		}
	}
}

func TestVersionNamesTheBuild(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--version"}} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
			t.Errorf("%v: exit code %d: %s", args, code, &stderr)
		}
		for _, want := range []string{"aggregator ", "(" + variant + " build)", "go version: go1.", "commit: "} {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%v: does not print %q: %s", args, want, &stdout)
			}
		}
	}
}

func TestWithoutArgumentsTheHelpIsPrinted(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), nil, nil, &stdout, &stderr); code != exitUsage || stdout.Len() > 0 {
		t.Errorf("exit code %d, printed %s", code, &stdout)
	}
	for _, want := range []string{"Usage: aggregator", "serve", "audit verify"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("does not print %q: %s", want, &stderr)
		}
	}
	if strings.Contains(stderr.String(), "expected one of") {
		t.Errorf("prints an error with the help: %s", &stderr)
	}
}
