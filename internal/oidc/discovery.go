package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// provider is the content of the discovery document.
type provider struct {
	authorizeURL string
	tokenURL     string
	pkce         bool
	algorithms   []string
	keys         *keySet
}

// readProvider reads the discovery document (OpenID Connect Discovery 1.0, 4).
func (rp *RelyingParty) readProvider(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, rp.d.HTTP), rp.c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("read discovery: %w", documentError(err))
	}
	var document struct {
		JWKSURL    string   `json:"jwks_uri"`
		PKCE       []string `json:"code_challenge_methods_supported"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := found.Claims(&document); err != nil {
		return nil, errors.New("read discovery: a member of the document has the wrong type")
	}
	endpoint := found.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, document.JWKSURL} {
		if err := rp.acceptable(address); err != nil {
			return nil, fmt.Errorf("read discovery: %w", err)
		}
	}
	algorithms := slices.Clone(rp.c.Algorithms)
	if len(document.Algorithms) > 0 {
		algorithms = slices.DeleteFunc(algorithms, func(a string) bool { return !slices.Contains(document.Algorithms, a) })
	}
	if len(algorithms) == 0 {
		return nil, fmt.Errorf("read discovery: the provider signs with none of %v", rp.c.Algorithms)
	}
	return &provider{
		authorizeURL: endpoint.AuthURL,
		tokenURL:     endpoint.TokenURL,
		pkce:         slices.Contains(document.PKCE, "S256"),
		algorithms:   algorithms,
		keys:         rp.keysAt(document.JWKSURL),
	}, nil
}

// keysAt returns the key set of an address. It keeps the current one as long as
// the address stays the same.
func (rp *RelyingParty) keysAt(address string) *keySet {
	if older, _ := rp.discovery.known(); older != nil && (*older).keys.address == address {
		return (*older).keys
	}
	return newKeySet(address, rp.d)
}

// documentError omits the provider's answer: the library repeats whole bodies.
func documentError(err error) error {
	var sending *url.Error
	var mismatch *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &sending):
		return upstream.WithoutURL(err)
	case errors.Is(err, upstream.ErrTooLarge):
		return upstream.ErrTooLarge
	case errors.As(err, &mismatch):
		return errors.New("the document names another issuer")
	}
	return errors.New("the answer is not a discovery document")
}
