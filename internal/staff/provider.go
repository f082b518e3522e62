package staff

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

// How long a discovery document and its keys serve before they are read anew: a
// key that the provider withdraws is accepted for so long at most.
const providerFresh = time.Hour

// provider is what discovery told, with a verifier for the keys of that hour.
type provider struct {
	authorizeURL string
	tokenURL     string
	verifier     *oidc.IDTokenVerifier
	readAt       time.Time
}

// discovery reads the provider lazily, so that this service starts without it.
type discovery struct {
	issuer        string
	clientID      string
	allowInsecure bool
	client        *http.Client
	now           func() time.Time

	mu      sync.Mutex
	current *provider
}

func (d *discovery) provider(ctx context.Context) (*provider, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current != nil {
		if age := d.now().Sub(d.current.readAt); age >= 0 && age < providerFresh {
			return d.current, nil
		}
	}
	p, err := d.read(ctx)
	if err != nil {
		return nil, err
	}
	d.current = p
	return p, nil
}

// read reads the document and makes a verifier. The key set is fetched anew for
// a token with an unknown key id; as ID tokens come from the token endpoint alone,
// a stranger cannot cause that.
func (d *discovery) read(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.issuer)
	if err != nil {
		return nil, fmt.Errorf("read staff provider's discovery: %w", upstream.WithoutURL(err))
	}
	var document struct {
		JWKSURL    string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := found.Claims(&document); err != nil {
		return nil, fmt.Errorf("read staff provider's discovery: %w", err)
	}
	algorithms := slices.DeleteFunc([]string{oidc.RS256, oidc.ES256}, func(a string) bool {
		return !slices.Contains(document.Algorithms, a)
	})
	if len(algorithms) == 0 {
		return nil, errors.New("read staff provider's discovery: it signs with neither RS256 nor ES256")
	}
	endpoint := found.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, document.JWKSURL} {
		if err := d.acceptable(address); err != nil {
			return nil, fmt.Errorf("read staff provider's discovery: %w", err)
		}
	}
	keySet := oidc.NewRemoteKeySet(oidc.ClientContext(context.WithoutCancel(ctx), d.client), document.JWKSURL)
	return &provider{
		authorizeURL: endpoint.AuthURL,
		tokenURL:     endpoint.TokenURL,
		verifier: oidc.NewVerifier(d.issuer, keySet, &oidc.Config{
			ClientID: d.clientID, SupportedSigningAlgs: algorithms, Now: d.now,
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
