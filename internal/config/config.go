package config

import (
	"cmp"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/store/location"
)

// Config is the whole configuration. Load checked all of it.
type Config struct {
	// Environment is production or local; local permits http, on loopback only.
	Environment string `env:"ENVIRONMENT" envDefault:"production" validate:"oneof=production local"`
	ListenAddr  string `env:"LISTEN_ADDR" envDefault:":8080" validate:"hostname_port"`
	AdminAddr   string `env:"ADMIN_LISTEN_ADDR" envDefault:"127.0.0.1:9090" validate:"hostname_port"`
	PublicURL   string `env:"PUBLIC_URL" validate:"required,url"`
	// TrustedProxies are the addresses and ranges whose X-Forwarded-For is believed. In
	// production they must be named, or "none" said: behind a proxy that is not named here
	// all citizens share one address's limits.
	TrustedProxies []string `env:"TRUSTED_PROXIES" validate:"dive,cidr|ip|eq=none"`

	// Operator is who runs the service, as every page says.
	Operator Operator `envPrefix:"OPERATOR_"`

	DatabaseURL keys.Secret `env:"DATABASE_URL,required,notEmpty"` // it can hold a password
	// RedisURL is what replicas share; empty: each process keeps all itself.
	RedisURL  keys.Secret `env:"REDIS_URL"`
	SecretKey keys.Secret `env:"SECRET_KEY,required,notEmpty"` // the text of the key ring
	NHSLogin  NHSLogin    `envPrefix:"NHS_LOGIN_"`
	Platform  Platform    `envPrefix:"API_PLATFORM_"`
	// Receipts is the key that receipts of consents are signed with. Absent: NHS login's.
	Receipts Receipts `envPrefix:"RECEIPT_"`
	// ERSBudget is how often e-RS may be asked for referrals, below the application's quota.
	ERSBudget    string      `env:"ERS_BUDGET" envDefault:"500-M" validate:"single_rate"`
	ERSBaseURL   string      `env:"ERS_BASE_URL" validate:"required,url"`
	ODSBaseURL   string      `env:"ODS_BASE_URL" validate:"omitempty,url"`
	ODSAPIKey    keys.Secret `env:"ODS_API_KEY"`
	ManageHosts  []string    `env:"MANAGE_HOSTS" envDefault:"refer.nhs.uk" validate:"dive,hostname|hostname_port"`
	ManageSSO    string      `env:"MANAGE_SSO" envDefault:"on" validate:"oneof=on off"`
	ValueSetsDir string      `env:"VALUESETS_DIR" validate:"omitempty,dir"`
	// Languages are those that answers may be in; English always is one. Another needs
	// words for everything, reviewed in production.
	Languages []string `env:"LANGUAGES" envDefault:"en" validate:"min=1,unique,dive,oneof=en cy"`

	// CheckpointKeyFile signs the log's checkpoints; empty: made next to the database.
	CheckpointKeyFile string `env:"AUDIT_CHECKPOINT_KEY_FILE"`
	// CheckpointSink is a file that is appended to, or an https address; empty: no sink.
	CheckpointSink string `env:"AUDIT_CHECKPOINT_SINK"`
	// CheckpointSinkToken lets this service in at an https sink (RFC 6750).
	CheckpointSinkToken keys.Secret `env:"AUDIT_CHECKPOINT_SINK_TOKEN"`
	// CheckpointInterval is how often the log is signed while it grows.
	CheckpointInterval time.Duration `env:"AUDIT_CHECKPOINT_INTERVAL" envDefault:"10m" validate:"min=1m,max=24h"`

	// Staff is the provider that auditors sign in with; without an issuer no auditor can.
	Staff     Staff     `envPrefix:"STAFF_"`
	Retention Retention `envPrefix:"RETENTION_"`

	SessionIdle      time.Duration `env:"SESSION_IDLE" envDefault:"30m" validate:"min=1m,max=30m"`
	SessionMax       time.Duration `env:"SESSION_MAX" envDefault:"12h" validate:"min=5m,max=12h"`
	TimelineTTL      time.Duration `env:"TIMELINE_TTL" envDefault:"60s" validate:"min=0s,max=3m"`
	TimelineStaleMax time.Duration `env:"TIMELINE_STALE_MAX" envDefault:"15m" validate:"min=0s,max=1h"`
	RateLimit        RateLimit     `envPrefix:"RATE_LIMIT_"`
	StatusAPIKey     keys.Secret   `env:"STATUS_API_KEY"`
	MaintenanceFile  string        `env:"MAINTENANCE_FILE"`
	LogLevel         slog.Level    `env:"LOG_LEVEL" envDefault:"INFO"`
}

// NHSLogin is this service as NHS login has registered it.
type NHSLogin struct {
	Issuer     string      `env:"ISSUER" validate:"required,url"`
	ClientID   string      `env:"CLIENT_ID" validate:"required"`
	PrivateKey keys.Secret `env:"PRIVATE_KEY,required,notEmpty"` // PEM; the first key signs, all are published
	// KeyIDs name the keys in their order; absent: the RFC 7638 thumbprints are used.
	KeyIDs []string `env:"KEY_ID"`
}

// Platform is this service as the NHS API platform has registered it.
type Platform struct {
	TokenURL   string      `env:"TOKEN_URL" validate:"required,url"`
	APIKey     keys.Secret `env:"API_KEY,required,notEmpty"`
	PrivateKey keys.Secret `env:"PRIVATE_KEY,required,notEmpty"`
	KeyIDs     []string    `env:"KEY_ID"`
}

// Receipts has a key that proves nothing to the NHS.
type Receipts struct {
	PrivateKey keys.Secret `env:"PRIVATE_KEY"`
	KeyIDs     []string    `env:"KEY_ID"`
}

// Staff is this service as the organisation's own OpenID provider knows it.
type Staff struct {
	Issuer       string      `env:"ISSUER" validate:"omitempty,url"`
	ClientID     string      `env:"CLIENT_ID"`
	ClientSecret keys.Secret `env:"CLIENT_SECRET"`
	RoleClaim    string      `env:"ROLE_CLAIM" envDefault:"roles" validate:"required"`
	// Roles say what the values of that claim allow.
	Roles StaffRoles `env:"ROLES" envDefault:"auditor=count+read+search+records" validate:"required"`
	// ACR are strengths of sign-in, parted by spaces, of which the provider must vouch for one.
	ACR string `env:"ACR"`
}

// Retention is how long parts of the log are kept.
type Retention struct {
	// Correlation is for the ids that join entries with other systems' logs.
	Correlation Period `env:"CORRELATION" envDefault:"90d"`
	// Log is for the entries themselves; their hashes stay for ever.
	Log Period `env:"LOG" envDefault:"8y"`
	// History is for what changed between a citizen's reads.
	History Period `env:"HISTORY" envDefault:"2y"`
}

// RateLimit are rates such as 60-S or 300-M, or off.
type RateLimit struct {
	Global  string `env:"GLOBAL" envDefault:"600-S" validate:"rate"`
	Citizen string `env:"CITIZEN" envDefault:"120-M" validate:"rate"`
	Client  string `env:"CLIENT" envDefault:"off" validate:"rate"`
	Address string `env:"ADDRESS" envDefault:"300-S,1200-M" validate:"rate"`
	// SignIn is for requests of sign-ins from one address, two for each sign-in.
	SignIn string `env:"SIGN_IN" envDefault:"300-M" validate:"rate"`
}

// DatabaseName is where the database is, without what opens it.
func (c Config) DatabaseName() string { return c.database().String() }

// CheckpointFile is the file next to the database that checkpoints are written to;
// empty when this kind of database has no such file.
func (c Config) CheckpointFile() string { return c.database().Checkpoints() }

// CheckpointKeyPath is the file of the key that signs checkpoints; its public half
// is in a file of that name and ".pub".
func (c Config) CheckpointKeyPath() string {
	return cmp.Or(c.CheckpointKeyFile, c.database().CheckpointKey())
}

// database is where the database is; the URL was checked with the rest.
func (c Config) database() location.Location {
	at, _ := location.Parse(c.DatabaseURL.Reveal())
	return at
}

// Budget is ERSBudget in numbers; bounded is false where it is off.
func (c Config) Budget() (requests int, period time.Duration, bounded bool) {
	number, unit, found := strings.Cut(c.ERSBudget, "-")
	requests, err := strconv.Atoi(number)
	if !found || err != nil {
		return 0, 0, false
	}
	const day = 24 * time.Hour
	return requests, map[string]time.Duration{"S": time.Second, "M": time.Minute, "H": time.Hour, "D": day}[unit], true
}

// Proxies are the TrustedProxies without "none".
func (c Config) Proxies() []string {
	return slices.DeleteFunc(slices.Clone(c.TrustedProxies), func(p string) bool { return p == none })
}

// AdminIsLoopback reports whether only this machine can reach the admin listener.
func (c Config) AdminIsLoopback() bool {
	host, _, err := net.SplitHostPort(c.AdminAddr)
	return err == nil && loopback(host)
}

// Local reports whether http on loopback is permitted.
func (c Config) Local() bool { return c.Environment == "local" }

// PublicURLIsLoopback reports whether only this machine can reach the public URL.
func (c Config) PublicURLIsLoopback() bool {
	u, err := url.Parse(c.PublicURL)
	return err == nil && loopback(u.Hostname())
}
