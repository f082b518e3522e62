package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/patient-care-aggregator/aggregator/internal/config"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// valid is a production environment without a fault.
func valid(t *testing.T) map[string]string {
	t.Helper()
	rsa, err := jose.GenerateKey()
	receipts, err2 := jose.GenerateKey()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"PCA_PUBLIC_URL": "https://referrals.example", "PCA_DATABASE_URL": "sqlite:/data/aggregator.db", "PCA_SECRET_KEY": keys.Generate("1"),
		"PCA_OPERATOR_NAME": "A Trust", "PCA_OPERATOR_CONTACT": "help@example.org",
		"PCA_NHS_LOGIN_ISSUER": "https://auth.login.example", "PCA_NHS_LOGIN_CLIENT_ID": "client", "PCA_NHS_LOGIN_PRIVATE_KEY": string(rsa),
		"PCA_RECEIPT_PRIVATE_KEY":    string(receipts),
		"PCA_API_PLATFORM_TOKEN_URL": "https://platform.example/oauth2/token", "PCA_API_PLATFORM_API_KEY": "api-key-secret", "PCA_API_PLATFORM_PRIVATE_KEY": string(rsa),
		"PCA_ERS_BASE_URL": "https://platform.example/ers", "PCA_TRUSTED_PROXIES": "none", "PATH": "/bin", "HOME": "/", "PCA": "x",
	}
}

func load(env map[string]string) (config.Config, error) {
	var entries []string
	for name, value := range env {
		entries = append(entries, name+"="+value)
	}
	slices.Sort(entries)
	return config.Load(entries)
}

// with returns a copy with other entries; "-" removes one.
func with(env map[string]string, entries ...string) map[string]string {
	c := maps.Clone(env)
	for i := 0; i+1 < len(entries); i += 2 {
		if entries[i+1] == "-" {
			delete(c, entries[i])
			continue
		}
		c[entries[i]] = entries[i+1]
	}
	return c
}

// faults returns the names of the settings in the error.
func faults(err error) []string {
	var names []string
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			name, _, _ := strings.Cut(line, ":")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestLoad(t *testing.T) {
	env := valid(t)
	c, err := load(env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Local() || c.CheckpointFile() != "/data/aggregator.db.checkpoints" || c.SessionIdle != 30*time.Minute || c.SessionMax != 12*time.Hour || c.TimelineTTL != time.Minute ||
		c.LogLevel != slog.LevelInfo || c.ListenAddr != ":8080" || c.AdminAddr != "127.0.0.1:9090" || c.Platform.APIKey.Reveal() != "api-key-secret" || len(c.Proxies()) != 0 {
		t.Errorf("loaded %+v", c)
	}
	t.Run("what Kubernetes sets is passed over", func(t *testing.T) {
		if _, err := load(with(env, "PCA_SERVICE_HOST", "10.0.0.1", "PCA_SERVICE_PORT", "80", "PCA_SERVICE_PORT_HTTP", "80", "PCA_PORT", "tcp://10.0.0.1:80",
			"PCA_PORT_80_TCP", "tcp://10.0.0.1:80", "PCA_PORT_80_TCP_ADDR", "10.0.0.1")); err != nil {
			t.Error(err)
		}
	})
	t.Run("nothing that holds it prints a secret", func(t *testing.T) {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		printed := fmt.Sprintf("%v %+v %#v %s", c, c, c, text)
		for _, secret := range []string{"api-key-secret", "PRIVATE KEY", strings.TrimPrefix(strings.TrimSpace(env["PCA_SECRET_KEY"]), "1:")} {
			if strings.Contains(printed, secret) {
				t.Errorf("prints %.20s…", secret)
			}
		}
	})
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	_, err := config.Load(nil)
	want := []string{
		"PCA_API_PLATFORM_API_KEY", "PCA_API_PLATFORM_PRIVATE_KEY", "PCA_API_PLATFORM_TOKEN_URL", "PCA_DATABASE_URL", "PCA_ERS_BASE_URL", "PCA_NHS_LOGIN_CLIENT_ID",
		"PCA_NHS_LOGIN_ISSUER", "PCA_NHS_LOGIN_PRIVATE_KEY", "PCA_OPERATOR_CONTACT", "PCA_OPERATOR_NAME", "PCA_PUBLIC_URL", "PCA_SECRET_KEY", "PCA_TRUSTED_PROXIES",
	}
	if diff := cmp.Diff(want, faults(err)); diff != "" {
		t.Errorf("of an empty environment: %s\n%v", diff, err)
	}
	for name, c := range map[string]struct {
		entries []string
		want    []string
	}{
		"three of different kinds":   {[]string{"PCA_SESSION_IDLE", "31m", "PCA_LOG_LEVEL", "LOUD", "PCA_SECRET_KEY", "short"}, []string{"PCA_LOG_LEVEL", "PCA_SECRET_KEY", "PCA_SESSION_IDLE"}},
		"one fault is reported once": {[]string{"PCA_SESSION_IDLE", "soon", "PCA_PUBLIC_URL", "nonsense"}, []string{"PCA_PUBLIC_URL", "PCA_SESSION_IDLE"}},
	} {
		_, err := load(with(valid(t), c.entries...))
		if diff := cmp.Diff(c.want, faults(err)); diff != "" {
			t.Errorf("%s: %s\n%v", name, diff, err)
		}
	}
}

func TestFaults(t *testing.T) {
	env := valid(t)
	for _, c := range []struct{ name, value, says string }{
		{"PCA_ENVIRONMENT", "staging", "one of"},
		{"PCA_LISTEN_ADDR", "8080", "address"},
		{"PCA_ADMIN_LISTEN_ADDR", "localhost", "address"},
		{"PCA_TRUSTED_PROXIES", "10.0.0.0/33", "not valid"},
		{"PCA_DATABASE_URL", "mysql://db/pca", "postgres://USER@HOST/DATABASE"},
		{"PCA_DATABASE_URL", "postgres:///pca", "postgres://USER@HOST/DATABASE"},
		{"PCA_DATABASE_URL", "sqlite:", "sqlite:PATH"},
		{"PCA_DATABASE_URL", "sqlite::memory:", "sqlite:PATH"},
		{"PCA_REDIS_URL", "localhost:6379", "must be rediss://"},
		{"PCA_CLIENTS_FILE", "/x", "not yet supported"},
		{"PCA_TIMELINE_TLL", "60s", "no such setting"},
		{"PCA_PUBLIC_URL_FILE", "/x", "no such setting"},
		{"PCA_", "x", "no such setting"},
		{"PCA_VALUESETS_DIR", "/does/not/exist", "directory"},
		{"PCA_SESSION_IDLE", "30s", "at least 1m"},
		{"PCA_SESSION_IDLE", "31m", "at most 30m"},
		{"PCA_SESSION_MAX", "13h", "at most 12h"},
		{"PCA_SESSION_MAX", "10", "duration"},
		{"PCA_TIMELINE_TTL", "-1s", "at least"},
		{"PCA_TIMELINE_TTL", "4m", "at most 3m"},
		{"PCA_TIMELINE_STALE_MAX", "2h", "at most 1h"},
		{"PCA_RATE_LIMIT_CITIZEN", "60/s", "rate"},
		{"PCA_RATE_LIMIT_CITIZEN", "0-S", "rate"},
		{"PCA_RATE_LIMIT_GLOBAL", "60-s", "rate"},
		{"PCA_RATE_LIMIT_ADDRESS", "9999999999-S", "rate"},
		{"PCA_RETENTION_LOG", "8 years", "90d"},
		{"PCA_STATUS_API_KEY", "short-secret", "at least 16"},
		{"PCA_ODS_BASE_URL", "https://ods.example", "PCA_ODS_API_KEY"},
		{"PCA_SECRET_KEY", "", "empty"},
		{"PCA_SECRET_KEY", "1:bm90IDMyIGJ5dGVz", "line 1"},
		{"PCA_API_PLATFORM_API_KEY", "", "empty"},
		{"PCA_NHS_LOGIN_PRIVATE_KEY", "", "empty"},
		{"PCA_RECEIPT_PRIVATE_KEY", "not a key", "no PEM block"},
		{"PCA_NHS_LOGIN_PRIVATE_KEY", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----", "cannot be read"},
		{"PCA_NHS_LOGIN_KEY_ID", "a,b", "2 key ids for 1"},
	} {
		_, err := load(with(env, c.name, c.value))
		switch {
		case err == nil:
			t.Errorf("%s=%s is accepted", c.name, c.value)
		case !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	env := valid(t)
	addresses := []string{"PCA_PUBLIC_URL", "PCA_NHS_LOGIN_ISSUER", "PCA_API_PLATFORM_TOKEN_URL", "PCA_ERS_BASE_URL"}
	for _, name := range addresses {
		for value, says := range map[string]string{
			"http://a.example": "https", "http://127.0.0.1:8080": "https", "ftp://a.example": "https", "a.example": "URL", "mailto:a@example.org": "host", "foo:bar": "host", "//a.example": "URL",
			"https://user:pass-secret@a.example": "no user", "https://a.example?token-secret": "no user", "https://a.example#x": "no user", "https://": "", "": "missing",
		} {
			_, err := load(with(env, name, value))
			switch {
			case err == nil:
				t.Errorf("%s=%s is accepted", name, value)
			case !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") || !strings.HasPrefix(err.Error(), name):
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
		if _, err := load(with(env, name, "https://a.example/")); err == nil {
			t.Errorf("%s with a slash at its end: %v", name, err)
		}
		for _, around := range []string{`"%s"`, `'%s'`, " %s", "%s ", "%s\n", "%s\r\n", "\ufeff%s", "HTTPS%.0s://a.example", "https://A.example%.0s"} {
			value := fmt.Sprintf(around, "https://a.example")
			if _, err := load(with(env, name, value)); err == nil || !strings.HasPrefix(err.Error(), name) {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
		local := with(env, "PCA_ENVIRONMENT", "local", "PCA_PUBLIC_URL", "http://127.0.0.1")
		for value, allowed := range map[string]bool{
			"http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost": true, "https://a.example": true, "http://127.9.9.9": true,
			"http://10.0.0.1": false, "http://a.example": false, "http://127.0.0.1.example": false, "http://localhost.example": false, "http://0.0.0.0": false, "http://[::]": false,
		} {
			if _, err := load(with(local, name, value)); (err == nil) != allowed {
				t.Errorf("local, %s=%s: %v", name, value, err)
			}
		}
	}
	if _, err := load(with(env, "PCA_PUBLIC_URL", "https://a.example/app")); err == nil {
		t.Error("a public URL with a path is accepted")
	}
}

func TestSecretsFromFiles(t *testing.T) {
	env := valid(t)
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, name := range []string{"PCA_SECRET_KEY", "PCA_NHS_LOGIN_PRIVATE_KEY", "PCA_API_PLATFORM_PRIVATE_KEY", "PCA_API_PLATFORM_API_KEY"} {
		if _, err := load(with(env, name, "-", name+"_FILE", file(env[name]+"\n"))); err != nil {
			t.Errorf("%s_FILE: %v", name, err)
		}
		_, err := load(with(env, name+"_FILE", file(env[name])))
		if diff := cmp.Diff([]string{name}, faults(err)); diff != "" || !strings.Contains(err.Error(), "both") {
			t.Errorf("both %s and its file: %v", name, err)
		}
		_, err = load(with(env, name, "-", name+"_FILE", "/does/not/exist-secret"))
		if diff := cmp.Diff([]string{name + "_FILE"}, faults(err)); diff != "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("a file that is not there: %v", err)
		}
		_, err = load(with(env, name, "-", name+"_FILE", file(" \n")))
		if diff := cmp.Diff([]string{name}, faults(err)); diff != "" || !strings.Contains(err.Error(), "empty") {
			t.Errorf("an empty file: %v", err)
		}
	}
	c, err := load(with(env, "PCA_API_PLATFORM_API_KEY", "-", "PCA_API_PLATFORM_API_KEY_FILE", file("  from-a-file\n")))
	if err != nil || c.Platform.APIKey.Reveal() != "from-a-file" {
		t.Errorf("%q, %v", c.Platform.APIKey.Reveal(), err)
	}
}

// A secret can be set under the wrong name: no fault repeats any setting's value.
func TestNoFaultRepeatsAValue(t *testing.T) {
	const secret = "hunter2-hunter2"
	env := valid(t)
	for name := range env {
		env[name] = secret
	}
	for _, name := range []string{
		"ENVIRONMENT", "LISTEN_ADDR", "TRUSTED_PROXIES", "SESSION_IDLE", "SESSION_MAX", "TIMELINE_TTL", "TIMELINE_STALE_MAX", "LOG_LEVEL", "RATE_LIMIT_GLOBAL",
		"STATUS_API_KEY", "VALUESETS_DIR", "UNKNOWN", "REDIS_URL", "SECRET_KEY_FILE", "NHS_LOGIN_PRIVATE_KEY_FILE", "STAFF_ISSUER", "RETENTION_LOG", "AUDIT_CHECKPOINT_INTERVAL",
	} {
		env["PCA_"+name] = secret
	}
	_, err := load(env)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	if n := len(faults(err)); n < 15 {
		t.Errorf("%d faults: %v", n, err)
	}
}

// What can be reached by others than was meant, or misread, is told before it is served.
func TestWhoReachesTheService(t *testing.T) {
	env := valid(t)
	for _, c := range []struct {
		set  []string
		says string
	}{
		{[]string{"PCA_TRUSTED_PROXIES", "-"}, "PCA_TRUSTED_PROXIES: is missing"},
		{[]string{"PCA_TRUSTED_PROXIES", "0.0.0.0/0"}, "wider"},
		{[]string{"PCA_TRUSTED_PROXIES", "10.0.0.0/7"}, "wider"},
		{[]string{"PCA_TRUSTED_PROXIES", "::/0"}, "wider"},
		{[]string{"PCA_TRUSTED_PROXIES", "2001::/15"}, "wider"},
		{[]string{"PCA_TRUSTED_PROXIES", "none,10.0.0.1"}, "says none"},
		{[]string{"PCA_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32,192.0.2.1"}, ""},
		{[]string{"PCA_TRUSTED_PROXIES", "none"}, ""},
		{[]string{"PCA_ENVIRONMENT", "local", "PCA_PUBLIC_URL", "http://127.0.0.1:1", "PCA_TRUSTED_PROXIES", "-"}, ""},
		{[]string{"PCA_LISTEN_ADDR", "127.0.0.1:80", "PCA_ADMIN_LISTEN_ADDR", "127.0.0.1:80"}, "PCA_ADMIN_LISTEN_ADDR"},
		{[]string{"PCA_ERS_BASE_URL", "https://a.example/ers/FHIR/R4"}, "precedes /FHIR/R4"},
		{[]string{"PCA_ERS_BASE_URL", "https://a.example/ers/FHIR/R4/"}, "precedes /FHIR/R4"},
		{[]string{"PCA_NHS_LOGIN_ISSUER", "https://a.example/.well-known/openid-configuration"}, "precedes /.well-known"},
		{[]string{"PCA_ERS_BUDGET", "often"}, "PCA_ERS_BUDGET"},
		{[]string{"PCA_ERS_BUDGET", "1-S,2-M"}, "PCA_ERS_BUDGET"},
		{[]string{"PCA_RATE_LIMIT_ADDRESS", "60-S,1200-M"}, ""},
		{[]string{"PCA_RATE_LIMIT_ADDRESS", "60-S,"}, "PCA_RATE_LIMIT_ADDRESS"},
	} {
		_, err := load(with(env, c.set...))
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.set, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	ring := filepath.Join(folder, "ring")
	if err := os.WriteFile(ring, []byte(keys.Generate("1")), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "..data")
	if err := os.Symlink(ring, link); err != nil {
		t.Fatal(err)
	}
	env := with(valid(t), "PCA_SECRET_KEY", "-", "PCA_SECRET_KEY_FILE", link, "PCA_DATABASE_URL", "sqlite:"+folder+"/a.db", "PCA_AUDIT_CHECKPOINT_SINK", "/checkpoints")
	warnings := func(set ...string) string {
		all := with(env, set...)
		c, err := load(all)
		if err != nil {
			t.Fatal(err)
		}
		var entries []string
		for name, value := range all {
			entries = append(entries, name+"="+value)
		}
		return strings.Join(config.Warnings(entries, c), "\n")
	}
	for mode, says := range map[os.FileMode]string{0o400: "", 0o440: "", 0o600: "", 0o640: "", 0o644: "SECRET_KEY_FILE", 0o660: "SECRET_KEY_FILE", 0o604: "SECRET_KEY_FILE"} {
		if err := os.Chmod(ring, mode); err != nil {
			t.Fatal(err)
		}
		if got := warnings(); (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("mode %04o: %q", mode, got)
		}
	}
	if err := os.Chmod(ring, 0o600); err != nil {
		t.Fatal(err)
	}
	for says, set := range map[string][]string{
		"PCA_ADMIN_LISTEN_ADDR":     {"PCA_ADMIN_LISTEN_ADDR", "0.0.0.0:9090"},
		"PCA_RATE_LIMIT_ADDRESS":    {"PCA_RATE_LIMIT_ADDRESS", "off"},
		"PCA_ERS_BUDGET":            {"PCA_ERS_BUDGET", "off"},
		"PCA_DATABASE_URL":          {"PCA_DATABASE_URL", "sqlite:/nowhere/a.db"},
		"PCA_AUDIT_CHECKPOINT_SINK": {"PCA_AUDIT_CHECKPOINT_SINK", "-"},
		"PCA_REDIS_URL":             {"PCA_REDIS_URL", "redis://cache.example"},
		"PCA_RECEIPT_PRIVATE_KEY":   {"PCA_RECEIPT_PRIVATE_KEY", "-"},
		"PCA_STAFF_ACR":             {"PCA_STAFF_ISSUER", "https://staff.example", "PCA_STAFF_CLIENT_ID", "c", "PCA_STAFF_CLIENT_SECRET", "s"},
	} {
		if got := warnings(set...); !strings.HasPrefix(got, says) {
			t.Errorf("%v: %q", set, got)
		}
	}
}
