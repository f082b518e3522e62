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
	"golang.org/x/sync/singleflight"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

const (
	// A key that NHS login withdraws is accepted for so long at most.
	providerFresh = time.Hour
	// How long a discovery document serves while NHS login cannot be reached.
	providerMaxAge = 12 * time.Hour
	// How long an older document serves before the next try to read a new one.
	providerRetry = time.Minute
)

// provider is what discovery told, with a verifier for the keys of that hour.
type provider struct {
	authorizeURL string
	tokenURL     string
	pkce         bool
	keys         oidc.KeySet
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

	flight singleflight.Group

	mu       sync.Mutex
	current  *provider
	notUntil time.Time // after a failed reading, when to try again while there is an older one
}

// provider gives the one of this hour, or, while NHS login cannot be reached, an
// older one. However many ask at once, the document is read once, and nobody
// waits longer than their own ctx.
func (d *discovery) provider(ctx context.Context) (*provider, error) {
	older, fresh := d.known()
	if fresh {
		return older, nil
	}
	reading := d.flight.DoChan("", func() (any, error) {
		return d.refresh(context.WithoutCancel(ctx)) // the client bounds it in time
	})
	var err error
	select {
	case <-ctx.Done():
		err = fmt.Errorf("wait for NHS login discovery: %w", ctx.Err())
	case r := <-reading:
		if r.Err == nil {
			return r.Val.(*provider), nil //nolint:errcheck // only refresh's results come here
		}
		err = r.Err
	}
	if older != nil {
		return older, nil
	}
	return nil, err
}

// known gives the provider at hand, nil when it is none or too old, and whether
// it serves without asking.
func (d *discovery) known() (p *provider, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current == nil {
		return nil, false
	}
	now := d.now()
	age := now.Sub(d.current.readAt)
	if age < 0 || age >= providerMaxAge {
		return nil, false
	}
	return d.current, age < providerFresh || now.Before(d.notUntil)
}

func (d *discovery) refresh(ctx context.Context) (*provider, error) {
	p, err := d.read(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.notUntil = d.now().Add(providerRetry)
		return nil, err
	}
	d.current = p
	return p, nil
}

func (d *discovery) read(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.issuer)
	if err != nil {
		return nil, fmt.Errorf("read NHS login discovery: %w", documentError(err))
	}
	var document struct {
		JWKSURL string   `json:"jwks_uri"`
		PKCE    []string `json:"code_challenge_methods_supported"`
	}
	if err := found.Claims(&document); err != nil {
		return nil, errors.New("read NHS login discovery: the document is not of the form that it has")
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
		keys:         keySet,
		verifier: oidc.NewVerifier(d.issuer, keySet, &oidc.Config{
			ClientID: d.clientID, SupportedSigningAlgs: []string{oidc.RS512}, Now: d.now,
		}),
		readAt: d.now(),
	}, nil
}

// documentError leaves out what NHS login answered: the library repeats whole bodies.
func documentError(err error) error {
	var sending *url.Error
	var mismatch *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &sending):
		return upstream.WithoutURL(err)
	case errors.As(err, &mismatch):
		return errors.New("the document is another issuer's")
	}
	return errors.New("the answer is no document")
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
