package config

import (
	"fmt"
	"os"
	"slices"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/redis"
)

// Warnings are what a deployer should know about a configuration that is valid: each a
// setting and what is odd about it. They look at the files that it names.
func Warnings(environment []string, c Config) []string {
	var all []string
	warn := func(name, format string, values ...any) {
		all = append(all, prefix+name+": "+fmt.Sprintf(format, values...))
	}
	for _, name := range secrets() {
		if path, isFile := entry(environment, prefix+name+"_FILE"); isFile {
			if info, err := os.Stat(path); err == nil {
				if why := keys.UnsafeMode(info.Mode()); why != "" {
					warn(name+"_FILE", "%s", why)
				}
			}
		}
	}
	if folder := c.database().Folder(); folder != "" {
		switch info, err := os.Stat(folder); {
		case err != nil:
			warn("DATABASE_URL", "its folder %s cannot be opened", folder)
		case info.Mode().Perm()&0o020 != 0:
			warn("DATABASE_URL", "its folder %s can be changed by others than its owner", folder)
		}
	}
	if !c.AdminIsLoopback() {
		warn("ADMIN_LISTEN_ADDR", "metrics answer everybody who reaches %s, without a sign-in; profiles are off there", c.AdminAddr)
	}
	for name, rate := range map[string]string{"RATE_LIMIT_ADDRESS": c.RateLimit.Address, "RATE_LIMIT_GLOBAL": c.RateLimit.Global, "RATE_LIMIT_SIGN_IN": c.RateLimit.SignIn, "ERS_BUDGET": c.ERSBudget} {
		if rate == "off" && !c.Local() {
			warn(name, "is off, so that one caller can use up what belongs to everybody")
		}
	}
	if receipts := c.Receipts.PrivateKey.Reveal(); (receipts == "" || receipts == c.NHSLogin.PrivateKey.Reveal() || receipts == c.Platform.PrivateKey.Reveal()) && !c.Local() {
		warn("RECEIPT_PRIVATE_KEY_FILE", "is no key of its own, so that one key proves who this service is to the NHS and what citizens agreed to")
	}
	if c.Staff.Issuer != "" && c.Staff.ACR == "" && !c.Local() {
		warn("STAFF_ACR", "is not set: the provider can accept auditors with only a password")
	}
	if address := c.RedisURL.Reveal(); address != "" && !redis.Encrypted(address, loopback) {
		warn("REDIS_URL", "is not rediss, so that what lies between can read its password and change what replicas count together")
	}
	if c.CheckpointSink == "" && !c.Local() {
		warn("AUDIT_CHECKPOINT_SINK", "is not set, so that nobody but this machine has the log's checkpoints")
	}
	slices.Sort(all)
	return all
}
