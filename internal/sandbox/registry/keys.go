package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// ErrUnreachable says that an app's JWKS URL did not answer with keys.
var ErrUnreachable = errors.New("the JWKS endpoint cannot be reached")

// ErrNoKeys says that an app has registered no keys at all.
var ErrNoKeys = errors.New("no public key is registered")

const (
	keyLifetime  = time.Hour // as long as the API platform keeps a key set
	fetchTimeout = 3 * time.Second
	maxKeySet    = 1 << 20
)

// KeySets fetches and keeps the key sets of apps. Safe for concurrent use.
type KeySets struct {
	now    func() time.Time
	client *http.Client

	mu    sync.Mutex
	cache map[string]keySet
}

type keySet struct {
	keys    jose.JSONWebKeySet
	fetched time.Time
}

// NewKeySets keeps each set for an hour, by the clock now.
func NewKeySets(now func() time.Time) *KeySets {
	return &KeySets{
		now:   now,
		cache: map[string]keySet{},
		client: &http.Client{
			Timeout:       fetchTimeout,
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Drop forgets what was fetched.
func (k *KeySets) Drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cache = map[string]keySet{}
}

// Keys returns the uploaded keys, else those at url, at most an hour old; fresh
// asks the URL again. It fails with [ErrNoKeys] or [ErrUnreachable].
func (k *KeySets) Keys(ctx context.Context, upload json.RawMessage, url string, fresh bool) (jose.JSONWebKeySet, error) {
	if len(upload) > 0 {
		return parse(upload)
	}
	if url == "" {
		return jose.JSONWebKeySet{}, ErrNoKeys
	}
	k.mu.Lock()
	kept, ok := k.cache[url]
	k.mu.Unlock()
	if ok && !fresh && k.now().Sub(kept.fetched) < keyLifetime {
		return kept.keys, nil
	}
	keys, err := k.fetch(ctx, url)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cache[url] = keySet{keys: keys, fetched: k.now()}
	return keys, nil
}

func (k *KeySets) fetch(ctx context.Context, url string) (jose.JSONWebKeySet, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return jose.JSONWebKeySet{}, fmt.Errorf("%w: status %d", ErrUnreachable, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet))
	if err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return parse(body)
}

// parse refuses a set with a private key in it: publishing one is the worst
// mistake an app can make, and it should be noticed in the sandbox.
func parse(body []byte) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	for _, key := range set.Keys {
		if !key.IsPublic() {
			return jose.JSONWebKeySet{}, fmt.Errorf("%w: the set publishes the private key %q", ErrUnreachable, key.KeyID)
		}
	}
	return set, nil
}
