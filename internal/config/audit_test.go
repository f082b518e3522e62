package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

func TestCheckAudit(t *testing.T) {
	t.Parallel()
	valid := func() Config {
		return Config{Retention: Retention{Correlation: Period{Days: 90}, Log: Period{Years: 8}, History: Period{Years: 2}}}
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string // each in a fault; none: it is valid
	}{
		"nothing of staff is set": {func(*Config) {}, nil},
		"all of staff is set": {func(c *Config) {
			c.Staff = Staff{Issuer: "https://login.example.org", ClientID: "us", ClientSecret: keys.NewSecret("hush-hush")}
		}, nil},
		"staff is half set":             {func(c *Config) { c.Staff.ClientSecret = keys.NewSecret("hush-hush") }, []string{"PCA_STAFF_ISSUER", "PCA_STAFF_CLIENT_ID"}},
		"checkpoints go over http":      {func(c *Config) { c.CheckpointSink = "http://sink.example" }, []string{"PCA_AUDIT_CHECKPOINT_SINK"}},
		"checkpoints go to a file":      {func(c *Config) { c.CheckpointSink = "/mnt/worm/checkpoints" }, nil},
		"checkpoints go over https":     {func(c *Config) { c.CheckpointSink = "https://sink.example/in" }, nil},
		"the log is kept for too short": {func(c *Config) { c.Retention.Log = Period{Days: 30} }, []string{"at least 1y", "must not be shorter"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := valid()
			c.change(&config)
			text := ""
			if err := errors.Join(config.checkAudit()...); err != nil {
				text = err.Error()
			}
			for _, part := range c.want {
				if !strings.Contains(text, part) {
					t.Errorf("no fault names %s: %q", part, text)
				}
			}
			if len(c.want) == 0 && text != "" {
				t.Errorf("refused: %s", text)
			}
			if strings.Contains(text, "hush") {
				t.Error("a fault repeats the secret")
			}
		})
	}
}
