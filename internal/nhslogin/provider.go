package nhslogin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	// A key that NHS login withdraws is accepted for so long at most.
	providerFresh = time.Hour
	// How long a discovery document serves while NHS login cannot be reached.
	providerMaxAge = 12 * time.Hour
)

// provider is what discovery told, with a verifier for the keys of that hour.
type provider struct {
	authorizeURL string
	tokenURL     string
	pkce         bool
	verifier     *oidc.IDTokenVerifier
	readAt       time.Time
}

// discovery reads the provider lazily, so that this service starts without NHS
// login, and anew every hour.
type discovery struct {
	issuer        string
	clientID      string
	allowInsecure bool
	client        *http.Client // for the discovery document
	keysClient    *http.Client // for the key set; its transport limits how often
	now           func() time.Time

	mu      sync.Mutex
	current *provider
}

func (d *discovery) provider(ctx context.Context) (*provider, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	age := time.Duration(0)
	if d.current != nil {
		age = d.now().Sub(d.current.readAt)
		if age >= 0 && age < providerFresh {
			return d.current, nil
		}
	}
	p, err := d.read(ctx)
	switch {
	case err == nil:
		d.current = p
	case d.current != nil && age >= 0 && age < providerMaxAge:
		return d.current, nil
	default:
		return nil, err
	}
	return d.current, nil
}

func (d *discovery) read(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.issuer)
	if err != nil {
		return nil, fmt.Errorf("read NHS login discovery: %w", upstream.WithoutURL(err))
	}
	var document struct {
		JWKSURL string   `json:"jwks_uri"`
		PKCE    []string `json:"code_challenge_methods_supported"`
	}
	if err := found.Claims(&document); err != nil {
		return nil, fmt.Errorf("read NHS login discovery: %w", err)
	}
	endpoint := found.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, document.JWKSURL} {
		if err := d.acceptable(address); err != nil {
			return nil, fmt.Errorf("read NHS login discovery: %w", err)
		}
	}
	keySet := oidc.NewRemoteKeySet(oidc.ClientContext(context.WithoutCancel(ctx), d.keysClient), document.JWKSURL)
	return &provider{
		authorizeURL: endpoint.AuthURL,
		tokenURL:     endpoint.TokenURL,
		pkce:         slices.Contains(document.PKCE, "S256"),
		verifier: oidc.NewVerifier(d.issuer, keySet, &oidc.Config{
			ClientID: d.clientID, SupportedSigningAlgs: []string{oidc.RS512}, Now: d.now,
		}),
		readAt: d.now(),
	}, nil
}

func (d *discovery) acceptable(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return errors.New("an endpoint is missing or no URL")
	}
	if u.Scheme != "https" && !d.allowInsecure {
		return errors.New("an endpoint is not https")
	}
	return nil
}
