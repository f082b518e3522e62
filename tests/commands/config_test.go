package commands_test

import (
	"strings"
	"testing"
)

func TestConfigCheckTellsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	r := run(t, []string{
		"PCA_ENVIRONMENT=staging", "PCA_PUBLIC_URL=http://aggregator.example", "PCA_DATABASE_URL=postgres://db",
		"PCA_NHS_LOGIN_ISSUER=https://user:hunter2@login.example", "PCA_SESSION_MAX=48h", "PCA_RATE_LIMIT_GLOBAL=many",
		"PCA_STATUS_API_KEY=hunter2", "PCA_SECRET_KEY=hunter2-not-a-key", "PCA_NHS_LOGIN_PRIVATE_KEY_FILE=/nowhere/at/all", "PCA_TIMELINE_TLL=1m",
		"PCA_SERVICE_HOST=10.0.0.1", "PCA_PORT_8080_TCP=tcp://10.0.0.1:8080", // what Kubernetes puts there
	}, "config", "check")
	if r.code != 2 || r.stdout != "" {
		t.Errorf("exit code %d, said %q", r.code, r.stdout)
	}
	for _, name := range []string{
		"PCA_ENVIRONMENT", "PCA_PUBLIC_URL", "PCA_DATABASE_URL", "PCA_NHS_LOGIN_ISSUER", "PCA_NHS_LOGIN_CLIENT_ID", "PCA_SESSION_MAX",
		"PCA_RATE_LIMIT_GLOBAL", "PCA_STATUS_API_KEY", "PCA_SECRET_KEY", "PCA_NHS_LOGIN_PRIVATE_KEY", "PCA_TIMELINE_TLL",
		"PCA_API_PLATFORM_TOKEN_URL", "PCA_ERS_BASE_URL",
	} {
		if !strings.Contains(r.stderr, name) {
			t.Errorf("says nothing of %s:\n%s", name, r.stderr)
		}
	}
	if strings.Contains(r.stderr, "hunter2") {
		t.Errorf("repeats a secret:\n%s", r.stderr)
	}
	if strings.Contains(r.stderr, "PCA_SERVICE_HOST") || strings.Contains(r.stderr, "PCA_PORT_8080_TCP") {
		t.Errorf("complains of what Kubernetes puts there:\n%s", r.stderr)
	}
}

func TestServeDoesNotStartWithAFault(t *testing.T) {
	t.Parallel()
	if r := run(t, nil, "serve"); r.code != 2 || !strings.Contains(r.stderr, "PCA_PUBLIC_URL: is missing") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
}
