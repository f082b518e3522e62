package config

import (
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
)

// Config is the whole configuration, valid as a whole.
type Config struct {
	// Environment is production or local; local permits http, on loopback alone.
	Environment    string   `env:"ENVIRONMENT" envDefault:"production" validate:"oneof=production local"`
	ListenAddr     string   `env:"LISTEN_ADDR" envDefault:":8080" validate:"hostname_port"`
	AdminAddr      string   `env:"ADMIN_LISTEN_ADDR" envDefault:"127.0.0.1:9090" validate:"hostname_port"`
	PublicURL      string   `env:"PUBLIC_URL" validate:"required,url"`
	TrustedProxies []string `env:"TRUSTED_PROXIES" validate:"dive,cidr|ip"`

	DatabaseURL  string      `env:"DATABASE_URL" validate:"required,startswith=sqlite:"`
	SecretKey    keys.Secret `env:"SECRET_KEY,required"` // the text of the key ring
	NHSLogin     NHSLogin    `envPrefix:"NHS_LOGIN_"`
	Platform     Platform    `envPrefix:"API_PLATFORM_"`
	ERSBaseURL   string      `env:"ERS_BASE_URL" validate:"required,url"`
	ODSBaseURL   string      `env:"ODS_BASE_URL" validate:"omitempty,url"`
	ODSAPIKey    keys.Secret `env:"ODS_API_KEY"`
	ManageHosts  []string    `env:"MANAGE_HOSTS" envDefault:"refer.nhs.uk" validate:"dive,hostname|hostname_port"`
	ManageSSO    string      `env:"MANAGE_SSO" envDefault:"on" validate:"oneof=on off"`
	ValueSetsDir string      `env:"VALUESETS_DIR" validate:"omitempty,dir"`

	// CheckpointKeyFile signs the log's checkpoints; empty: made beside the database.
	CheckpointKeyFile string `env:"AUDIT_CHECKPOINT_KEY_FILE"`
	// CheckpointSink is a file, appended to, or an https address; empty: none.
	CheckpointSink string `env:"AUDIT_CHECKPOINT_SINK"`

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
	PrivateKey keys.Secret `env:"PRIVATE_KEY,required"` // PEM; the first key signs, all are published
	// KeyIDs name the keys in their order; absent: their RFC 7638 thumbprints.
	KeyIDs []string `env:"KEY_ID"`
}

// Platform is this service as the NHS API platform has registered it.
type Platform struct {
	TokenURL   string      `env:"TOKEN_URL" validate:"required,url"`
	APIKey     keys.Secret `env:"API_KEY,required"`
	PrivateKey keys.Secret `env:"PRIVATE_KEY,required"`
	KeyIDs     []string    `env:"KEY_ID"`
}

// RateLimit are rates such as 60-S or 300-M, or off.
type RateLimit struct {
	Global  string `env:"GLOBAL" envDefault:"600-S" validate:"rate"`
	Citizen string `env:"CITIZEN" envDefault:"120-M" validate:"rate"`
	Client  string `env:"CLIENT" envDefault:"off" validate:"rate"`
	Address string `env:"ADDRESS" envDefault:"1200-M" validate:"rate"`
}

// DatabasePath is the file of the embedded database.
func (c Config) DatabasePath() string { return c.DatabaseURL[len("sqlite:"):] }

// Local tells that http on loopback is permitted.
func (c Config) Local() bool { return c.Environment == "local" }
