//go:build !production

package commands_test

import (
	"strings"
	"testing"
)

func TestADevelopmentBuildRefusesAPublicAddress(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	environ := append([]string{}, d.environ...)
	environ = append(environ, "PCA_PUBLIC_URL=https://referrals.example.org", "PCA_OPERATOR_NAME=A trust", "PCA_OPERATOR_CONTACT=it@example.org")
	for _, command := range [][]string{{"serve"}, {"config", "check"}} {
		r := run(t, environ, command...)
		if r.code != 2 || !strings.Contains(r.stderr, "--allow-development-build") || strings.Contains(r.stderr, `"msg"`) {
			t.Errorf("%v: exit code %d: %s", command, r.code, r.stderr)
		}
	}
	succeeded(t, run(t, environ, "config", "check", "--allow-development-build"))
}
