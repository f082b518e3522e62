package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
)

// ErrInvalid says that an app cannot be registered as it is written.
var ErrInvalid = errors.New("invalid app")

// App is one application. Omit what it does not use; an app without a
// ClientID is unknown to NHS login, without an APIKey to the API platform.
type App struct {
	Name string `json:"name,omitempty" yaml:"name"` // as citizens see it on the sign-in page

	// NHS login. RedirectURIs are matched character for character; http is
	// allowed on loopback only. The keys come from the URL or the upload.
	ClientID        string          `json:"clientId,omitempty" yaml:"clientId"`
	RedirectURIs    []string        `json:"redirectUris,omitempty" yaml:"redirectUris"`
	NHSLoginJWKSURL string          `json:"nhsLoginJwksUrl,omitempty" yaml:"nhsLoginJwksUrl"`
	NHSLoginJWKS    json.RawMessage `json:"nhsLoginJwks,omitempty" yaml:"-"`
	// SSOFrom lists the client ids whose asserted login identities are accepted
	// when they are sent to this app: the pair that NHS login has configured.
	SSOFrom []string `json:"ssoFrom,omitempty" yaml:"ssoFrom"`

	// API platform.
	APIKey          string          `json:"apiKey,omitempty" yaml:"apiKey"`
	PlatformJWKSURL string          `json:"platformJwksUrl,omitempty" yaml:"platformJwksUrl"`
	PlatformJWKS    json.RawMessage `json:"platformJwks,omitempty" yaml:"-"`
	// ProofingLevels are those that the app's API product has scopes for; P9 when empty.
	ProofingLevels []string `json:"proofingLevels,omitempty" yaml:"proofingLevels"`

	ODSAPIKey string `json:"odsApiKey,omitempty" yaml:"odsApiKey"`

	// Staff provider.
	StaffClientID     string   `json:"staffClientId,omitempty" yaml:"staffClientId"`
	StaffClientSecret string   `json:"staffClientSecret,omitempty" yaml:"staffClientSecret"`
	StaffRedirectURIs []string `json:"staffRedirectUris,omitempty" yaml:"staffRedirectUris"`
}

// Validate returns every reason why an app cannot be registered; they wrap [ErrInvalid].
func (a App) Validate() error {
	var all []error
	fault := func(format string, args ...any) {
		all = append(all, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
	}
	if a.ClientID == "" && a.APIKey == "" && a.ODSAPIKey == "" && a.StaffClientID == "" {
		fault("client id, API key, ODS API key and staff client id are all missing; set at least one")
	}
	if a.ClientID != "" && len(a.RedirectURIs) == 0 {
		fault("client %q has no redirect URI", a.ClientID)
	}
	for _, text := range slices.Concat(a.RedirectURIs, a.StaffRedirectURIs) {
		u, err := url.Parse(text)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Fragment != "" {
			fault("redirect URI %q is not an absolute URL without a fragment", text)
		} else if u.Scheme == "http" && !Loopback(u.Hostname()) {
			fault("redirect URI %q must use https", text)
		}
	}
	for _, text := range []string{a.NHSLoginJWKSURL, a.PlatformJWKSURL} {
		if u, err := url.Parse(text); text != "" && (err != nil || !Loopback(u.Hostname())) {
			fault("JWKS URL %q is not on loopback", text)
		}
	}
	for _, level := range a.ProofingLevels {
		if !slices.Contains([]string{"P0", "P5", "P9"}, level) {
			fault("proofing level %q is not P0, P5 or P9", level)
		}
	}
	return errors.Join(all...)
}

// Loopback reports whether a host can only be this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Registry is the set of registered apps. Safe for concurrent use.
type Registry struct {
	mu   sync.RWMutex
	apps []App
}

// Add registers an app; one with the same client id, or the same API key when
// it has no client id, is replaced. The error is of [App.Validate].
func (r *Registry) Add(a App) error {
	if err := a.Validate(); err != nil {
		return err
	}
	if len(a.ProofingLevels) == 0 {
		a.ProofingLevels = []string{"P9"}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.apps = slices.DeleteFunc(r.apps, func(b App) bool {
		return b.ClientID == a.ClientID && (a.ClientID != "" || b.APIKey == a.APIKey)
	})
	r.apps = append(r.apps, a)
	return nil
}

// All returns the apps in the order of registering.
func (r *Registry) All() []App {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.apps)
}

// ByClientID finds the app that NHS login knows by that id.
func (r *Registry) ByClientID(id string) (App, bool) {
	return r.find(id, func(a App) string { return a.ClientID })
}

// ByAPIKey finds the app that the API platform knows by that key.
func (r *Registry) ByAPIKey(key string) (App, bool) {
	return r.find(key, func(a App) string { return a.APIKey })
}

// ByODSAPIKey finds the app that ODS knows by that key.
func (r *Registry) ByODSAPIKey(key string) (App, bool) {
	return r.find(key, func(a App) string { return a.ODSAPIKey })
}

// ByStaffClientID finds the app that the staff provider knows by that id.
func (r *Registry) ByStaffClientID(id string) (App, bool) {
	return r.find(id, func(a App) string { return a.StaffClientID })
}

func (r *Registry) find(want string, keyOf func(App) string) (App, bool) {
	if want == "" {
		return App{}, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	i := slices.IndexFunc(r.apps, func(a App) bool { return keyOf(a) == want })
	if i < 0 {
		return App{}, false
	}
	return r.apps[i], true
}
