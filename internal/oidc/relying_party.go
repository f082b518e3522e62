package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
)

// ClockTolerance is how far the provider's clock may differ from ours, in either
// direction and for every time in a token. It is the only tolerance there is.
const ClockTolerance = 5 * time.Minute

// Config is what makes a relying party one of citizens or one of staff.
type Config struct {
	// Purpose separates the pending sign-ins of relying parties in one store.
	Purpose     string
	Issuer      string // as registered, without a trailing slash
	ClientID    string
	RedirectURL string // exactly as registered
	Scopes      []string
	Algorithms  []string // that an ID token may be signed with, such as RS512
	// ClientSecret proves who this client is (RFC 6749, 2.3.1). Empty when
	// ClientAssertion is set.
	ClientSecret keys.Secret
	// ClientAssertion makes the proof for private_key_jwt (RFC 7523, 2.2): a signed
	// JWT for the token endpoint, new for each call. Nil when ClientSecret is set.
	ClientAssertion func(tokenURL string) (string, error)
	// RequirePKCE sends a code challenge whatever discovery says. Otherwise it is
	// sent only where discovery lists S256: a strict provider refuses parameters
	// that it does not know.
	RequirePKCE bool
	// AuthTimeOptional accepts an ID token without auth_time after prompt=login; one
	// that is there must always be fresh.
	AuthTimeOptional bool
	// PendingLife is how long a person may take at the provider.
	PendingLife time.Duration
}

// Deps are what a relying party needs; all are required but AllowInsecure and Panics.
type Deps struct {
	HTTP   *http.Client // with a timeout, and a bound on the size of answers
	Store  Store
	Ring   *keys.Ring
	Now    func() time.Time
	Random io.Reader // makes states, nonces and bindings: crypto/rand.Reader outside tests
	// AllowInsecure permits http endpoints on loopback.
	AllowInsecure bool
	// Panics hears of a panic while a document of the provider is read.
	Panics panics.Handler
}

// RelyingParty signs people in with one provider. It is safe for concurrent use.
type RelyingParty struct {
	c         Config
	d         Deps
	discovery *remote[*provider]
}

// New checks its arguments. It sends the provider no request until the first sign-in.
func New(c Config, d Deps) (*RelyingParty, error) {
	switch {
	case c.Purpose == "" || c.Issuer == "" || c.ClientID == "" || c.RedirectURL == "" || len(c.Scopes) == 0 || len(c.Algorithms) == 0 || c.PendingLife <= 0:
		return nil, errors.New("new relying party: a setting is missing")
	case c.ClientSecret.IsZero() == (c.ClientAssertion == nil):
		return nil, errors.New("new relying party: set either a client secret or a client assertion")
	case d.HTTP == nil || d.HTTP.Timeout <= 0 || d.Store == nil || d.Ring == nil || d.Now == nil || d.Random == nil:
		return nil, errors.New("new relying party: a dependency is missing")
	}
	rp := &RelyingParty{c: c, d: d}
	rp.discovery = newRemote(d.Now, d.Panics, rp.readProvider)
	return rp, nil
}

// Request is what a sign-in begins with.
type Request struct {
	Prompt   string // "", "none" or "login" (OpenID Connect Core 1.0, 3.1.2.1)
	ReturnTo string // where the person goes afterwards; comes back in the Result
	// Renews names, in the caller's own words, who is signed in already; it comes back
	// in the Result. Empty when nobody is.
	Renews string
	// Extra are further parameters of the authorization request.
	Extra map[string]string
}

// Redirect is a sign-in that has begun.
type Redirect struct {
	URL string // where to send the browser
	// State names the sign-in. Binding is a secret that ties it to the browser: the
	// browser keeps it and brings it back to Finish.
	State   string
	Binding string
	Life    time.Duration // how long the browser needs the binding
}

// Begin starts a sign-in. Errors: ErrUnavailable, or the store's.
func (rp *RelyingParty) Begin(ctx context.Context, r Request) (Redirect, error) {
	p, err := rp.discovery.get(ctx)
	if err != nil {
		return Redirect{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	signIn := pending{
		Nonce: keys.RandomText(rp.d.Random), Binding: keys.RandomText(rp.d.Random),
		Prompt: r.Prompt, ReturnTo: r.ReturnTo, Renews: r.Renews,
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(signIn.Nonce)}
	for name, value := range r.Extra {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	if r.Prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", r.Prompt))
	}
	if r.Prompt == "login" {
		signIn.FreshSince = rp.d.Now()
	}
	if rp.c.RequirePKCE || p.pkce {
		signIn.CodeVerifier = keys.RandomText(rp.d.Random) + keys.RandomText(rp.d.Random) // 52 characters; RFC 7636, 4.1, asks for 43 to 128
		options = append(options, oauth2.S256ChallengeOption(signIn.CodeVerifier))
	}
	state, err := rp.keep(ctx, signIn)
	if err != nil {
		return Redirect{}, err
	}
	return Redirect{
		URL: rp.oauth(p).AuthCodeURL(state, options...), State: state, Binding: signIn.Binding, Life: rp.c.PendingLife,
	}, nil
}

func (rp *RelyingParty) oauth(p *provider) *oauth2.Config {
	// Never AutoDetect: it sends a failed request twice, and a client assertion may
	// be used once.
	style := oauth2.AuthStyleInParams
	if !rp.c.ClientSecret.IsZero() {
		style = oauth2.AuthStyleInHeader // client_secret_basic, which is the default of Discovery 1.0, 3
	}
	return &oauth2.Config{
		ClientID: rp.c.ClientID, ClientSecret: rp.c.ClientSecret.Reveal(), RedirectURL: rp.c.RedirectURL, Scopes: rp.c.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.authorizeURL, TokenURL: p.tokenURL, AuthStyle: style},
	}
}

// acceptable reports why an address from discovery cannot be used; nil if it can.
func (rp *RelyingParty) acceptable(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("an endpoint is missing or is not a URL")
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if scheme := strings.ToLower(u.Scheme); scheme != "https" && (scheme != "http" || !rp.d.AllowInsecure || !loopback) {
		return errors.New("an endpoint is not https")
	}
	return nil
}
