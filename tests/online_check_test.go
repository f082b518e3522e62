package tests_test

import (
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/patient-care-aggregator/aggregator/internal/app"
	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/local"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox"
	"github.com/patient-care-aggregator/aggregator/tests/harness"
)

// TestOnlineFindsWhatTheNHSWouldRefuse lets each system refuse this service, as it would
// the first citizen.
func TestOnlineFindsWhatTheNHSWouldRefuse(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, func(o *local.Options) { o.Now = time.Now }) // with the time in the answers' headers
	otherKey, err := jose.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	nowhere := "http://" + closedPort(t)
	for name, c := range map[string]struct {
		change map[string]string
		fault  *sandbox.Fault
		slow   time.Duration // how far the clock is behind
		fails  string        // what is found; empty: nothing
		says   string
	}{
		"all is well":                    {},
		"NHS login is not there":         {change: map[string]string{"PCA_NHS_LOGIN_ISSUER": nowhere}, fails: "NHS login", says: "connection refused"},
		"NHS login knows another issuer": {change: map[string]string{"PCA_NHS_LOGIN_ISSUER": s.Env["PCA_NHS_LOGIN_ISSUER"] + "/x"}, fails: "NHS login", says: "discovery"},
		"another client id":              {change: map[string]string{"PCA_NHS_LOGIN_CLIENT_ID": "somebody-else"}, fails: "NHS login", says: "invalid_client"},
		"a key that is not published":    {change: map[string]string{"PCA_NHS_LOGIN_PRIVATE_KEY_FILE": "", "PCA_NHS_LOGIN_PRIVATE_KEY": string(otherKey)}, fails: "this service's keys", says: "not the configured ones"},
		"another API key":                {change: map[string]string{"PCA_API_PLATFORM_API_KEY": "somebody-elses-key"}, fails: "NHS API platform", says: "status 4"},
		"the platform is not there":      {change: map[string]string{"PCA_API_PLATFORM_TOKEN_URL": nowhere + "/token"}, fails: "NHS API platform", says: "connection refused"},
		"another path of e-RS":           {change: map[string]string{"PCA_ERS_BASE_URL": s.Env["PCA_ERS_BASE_URL"] + "/v2"}, fails: "e-RS", says: "status 404"},
		"e-RS is down":                   {fault: &sandbox.Fault{Kind: sandbox.HTML502, Upstream: sandbox.ERS}, fails: "e-RS", says: "status 502"},
		"another path of organisations":  {change: map[string]string{"PCA_ODS_BASE_URL": s.Env["PCA_ODS_BASE_URL"] + "/v2"}, fails: "organisations", says: "RR8"},
		"another key of organisations":   {change: map[string]string{"PCA_ODS_API_KEY": "somebody-elses-key"}, fails: "organisations", says: "status 401"},
		"another secret of staff":        {change: map[string]string{"PCA_STAFF_CLIENT_SECRET": "somebody-elses-secret"}, fails: "staff provider", says: "invalid_client"},
		"the database is not there":      {change: postgresAt("postgres://owner:hidden-password@127.0.0.1:1/care"), fails: "the database", says: "connection refused"},
		"Redis is not there":             {change: map[string]string{"PCA_REDIS_URL": "unix:///does/not/exist"}, fails: "Redis", says: "no such file"},
		"a clock that is behind":         {slow: 2 * time.Minute, fails: "the clock", says: "differs"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.fault != nil {
				defer s.Sandbox.Order(*c.fault)()
			}
			env := maps.Clone(s.Env)
			maps.Copy(env, c.change)
			var environ []string
			for name, value := range env {
				if value != "" {
					environ = append(environ, name+"="+value)
				}
			}
			loaded, err := config.Load(environ)
			if err != nil {
				t.Fatal(err)
			}
			findings, err := app.Online(t.Context(), loaded, app.Options{
				Log: slog.New(slog.DiscardHandler), Tracing: noop.NewTracerProvider(), Now: func() time.Time { return time.Now().Add(-c.slow) },
			})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, f := range findings {
				expected := c.fails != "" && strings.HasPrefix(f.What, c.fails)
				switch {
				case f.Err == nil && expected:
					t.Errorf("%s: nothing is found", f.What)
				case expected && !strings.Contains(f.Err.Error(), c.says):
					t.Errorf("%s: says %v", f.What, f.Err)
				case f.Err != nil && c.change == nil && c.slow == 0 && !expected:
					t.Errorf("%s: %v", f.What, f.Err)
				}
				found = found || expected
			}
			if found != (c.fails != "") || len(findings) < 7 {
				t.Errorf("asked %+v", findings)
			}
		})
	}
	if n := len(s.Asked(sandbox.ERS, "ServiceRequest")); n != 0 {
		t.Error("e-RS was asked for somebody's referrals")
	}
}

// postgresAt is what a service with PostgreSQL is configured with.
func postgresAt(url string) map[string]string {
	return map[string]string{"PCA_DATABASE_URL": url, "PCA_AUDIT_CHECKPOINT_KEY_FILE": "/keys/checkpoint.key", "PCA_AUDIT_CHECKPOINT_SINK": "/checkpoints"}
}
