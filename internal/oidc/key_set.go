package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"

	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

var (
	// errNoSignature: the provider's keys are known, and none of them made the signature.
	errNoSignature = errors.New("no key of the provider made its signature")
	// errNoKeySet: the provider did not return a key set with a usable key.
	errNoKeySet = errors.New("the provider did not return a key set with a usable key")
)

const (
	// largestKeySet is far larger than any key set in use.
	largestKeySet = 1 << 20
	// A token with an unknown key id makes this service read the key set again,
	// because the provider may have changed its key. A forger must not be able to
	// make it read more often than this.
	refetchEvery = 15 * time.Second
	refetchBurst = 4
)

// keySet is the provider's published keys (RFC 7517, 5).
type keySet struct {
	address string
	http    *http.Client
	now     func() time.Time
	limit   *rate.Limiter
	keys    *remote[[]jose.JSONWebKey]
}

func newKeySet(address string, d Deps) *keySet {
	k := &keySet{address: address, http: d.HTTP, now: d.Now, limit: rate.NewLimiter(rate.Every(refetchEvery), refetchBurst)}
	k.keys = newRemote(d.Now, d.Panics, k.fetch)
	return k
}

// verify returns the payload of a token that one of the keys signed. Errors:
// errNoSignature, or that the key set cannot be read, which says nothing about the
// token.
func (k *keySet) verify(ctx context.Context, token *jose.JSONWebSignature) ([]byte, error) {
	keys, err := k.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	if payload, ok := verifyWith(keys, token); ok {
		return payload, nil
	}
	if !k.limit.AllowN(k.now(), 1) {
		return nil, errNoSignature
	}
	if keys, err = k.keys.reload(ctx); err != nil {
		return nil, err
	}
	if payload, ok := verifyWith(keys, token); ok {
		return payload, nil
	}
	return nil, errNoSignature
}

func verifyWith(keys []jose.JSONWebKey, token *jose.JSONWebSignature) (payload []byte, ok bool) {
	kid := token.Signatures[0].Header.KeyID
	for _, key := range keys {
		if kid != "" && key.KeyID != kid {
			continue
		}
		if payload, err := token.Verify(key.Key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

func (k *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.address, http.NoBody)
	if err != nil {
		return nil, errors.New("read key set: its address is not a URL")
	}
	response, err := k.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read key set: %w", upstream.WithoutURL(err))
	}
	defer response.Body.Close() //nolint:errcheck // read to its end or not needed
	body, err := io.ReadAll(io.LimitReader(response.Body, largestKeySet))
	if err != nil {
		return nil, fmt.Errorf("read key set: %w", errNoKeySet)
	}
	keys := usableKeys(body)
	if response.StatusCode != http.StatusOK || len(keys) == 0 {
		return nil, fmt.Errorf("read key set: %w", errNoKeySet)
	}
	return keys, nil
}

// usableKeys reads the keys that can check a signature. RFC 7517, 5, asks to
// ignore a key that is malformed, of an unknown type or without what it needs: it
// costs only that key.
func usableKeys(body []byte) []jose.JSONWebKey {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		return nil
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(text, &key) != nil || !key.Valid() || (key.Use != "" && key.Use != "sig") {
			continue
		}
		switch key.Key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey:
			keys = append(keys, key)
		}
	}
	return keys
}
