package login

import (
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/jwt"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// Lifetimes, by the sandbox's clock (Federation interface specification).
const (
	codeLife    = 10 * time.Minute
	idTokenLife = 60 * time.Minute
	accessLife  = 5 * time.Minute
	refreshLife = 30 * 24 * time.Hour
	sessionLife = 4 * time.Hour // of the cookie at NHS login itself; the specification names none
)

// Deps are what the system is built from.
type Deps struct {
	Issuer        string // absolute, without a slash at the end
	AdvertisePKCE bool   // list S256 in discovery; NHS login does not promise it
	Apps          *registry.Registry
	Keys          *registry.KeySets
	People        *citizens.Catalogue
	Faults        *faults.Set
	Ring          *kit.SigningKeys
	IDs           *kit.IDs
	Now           func() time.Time
}

// Login is NHS login. Safe for concurrent use.
type Login struct {
	Deps
	path       string // of the issuer
	page       *kit.Page
	errorPage  *kit.Page
	assertions jwt.Once // jti of client assertions and asserted identities

	mu       sync.Mutex
	rotated  bool // the next key has signed, so it stays published
	sessions map[string]session
	codes    map[string]grant
	access   map[string]bearer // userinfo access tokens
	refresh  map[string]bearer
	issued   map[string]issuedIDToken // jti -> whom, for single sign-on
	shared   map[string]bool          // client and citizen who agreed to share
	preset   *answer                  // of the next authorize
}

// New makes an NHS login without sessions.
func New(d Deps) *Login {
	u, err := url.Parse(d.Issuer)
	if err != nil {
		panic("login: the issuer is not a URL: " + err.Error()) // the sandbox makes it itself
	}
	l := &Login{Deps: d, path: u.Path, page: kit.NewPage(signInPage), errorPage: kit.NewPage(errorPage)}
	l.forget()
	return l
}

func (l *Login) forget() {
	l.rotated, l.preset = false, nil
	l.sessions, l.codes = map[string]session{}, map[string]grant{}
	l.access, l.refresh = map[string]bearer{}, map[string]bearer{}
	l.issued, l.shared = map[string]issuedIDToken{}, map[string]bool{}
}

// Reset ends every session, code and token.
func (l *Login) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget()
}

// Routes of NHS login.
func (l *Login) Routes() []kit.Route {
	return []kit.Route{
		{Pattern: "GET " + l.path + "/.well-known/openid-configuration", Operation: "discovery", Handler: l.discovery},
		{Pattern: "GET " + l.path + "/.well-known/jwks.json", Operation: "jwks", Handler: l.jwks},
		{Pattern: "GET " + l.path + "/authorize", Operation: "authorize", Handler: l.authorize, Who: l.whoAuthorizes},
		{Pattern: "POST " + l.path + "/authorize", Operation: "authorize", Handler: l.authorize, Who: l.whoAuthorizes},
		{Pattern: "POST " + l.path + "/sign-in", Operation: "sign-in", Handler: l.signIn, Who: func(r *http.Request) string { return r.PostFormValue("citizen") }},
		{Pattern: "POST " + l.path + "/token", Operation: "token", Handler: l.token, Who: l.whoseGrant},
		{Pattern: "GET " + l.path + "/userinfo", Operation: "userinfo", Handler: l.userinfo, Who: l.whoseToken},
		{Pattern: "POST " + l.path + "/userinfo", Operation: "userinfo", Handler: l.userinfo, Who: l.whoseToken},
		{Pattern: "GET " + l.path + "/trustmark", Operation: "trustmark", Handler: l.trustmark},
	}
}

// Refuse answers as NHS login does when it fails: OAuth's form without reasons.
func (l *Login) Refuse(w http.ResponseWriter, _ *http.Request, status int) {
	code := "server_error"
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		code = "temporarily_unavailable"
	}
	kit.WriteJSON(w, status, map[string]string{"error": code})
}

func (l *Login) discovery(w http.ResponseWriter, _ *http.Request) {
	d := map[string]any{
		"issuer":                                           l.Issuer,
		"authorization_endpoint":                           l.Issuer + "/authorize",
		"token_endpoint":                                   l.tokenEndpoint(),
		"userinfo_endpoint":                                l.Issuer + "/userinfo",
		"jwks_uri":                                         l.Issuer + "/.well-known/jwks.json",
		"scopes_supported":                                 scopes(),
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query"},
		"grant_types_supported":                            []string{"authorization_code", "refresh_token"},
		"subject_types_supported":                          []string{"public"},
		"id_token_signing_alg_values_supported":            []string{string(jose.RS512)},
		"token_endpoint_auth_methods_supported":            []string{"private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": []string{string(jose.RS512)},
		"display_values_supported":                         []string{"page", "touch"},
		"claims_supported":                                 claimNames(),
		"request_parameter_supported":                      false,
		"request_uri_parameter_supported":                  false,
	}
	if l.AdvertisePKCE {
		d["code_challenge_methods_supported"] = []string{"S256"}
	}
	kit.WriteJSON(w, http.StatusOK, d)
}

func (l *Login) jwks(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, l.PublicKeys())
}

// PublicKeys returns the keys that NHS login publishes at this moment. While a
// withdrawal is ordered the key that signs is missing and the next one is published
// instead.
func (l *Login) PublicKeys() jose.JSONWebKeySet {
	l.mu.Lock()
	rotated := l.rotated
	l.mu.Unlock()
	switch {
	case l.Faults.InForce(faults.WithdrawnKey, faults.NHSLogin):
		return l.Ring.Public(kit.NHSLoginNextKey)
	case rotated || l.Faults.InForce(faults.RotatedKey, faults.NHSLogin):
		return l.Ring.Public(kit.NHSLoginKey, kit.NHSLoginNextKey)
	default:
		return l.Ring.Public(kit.NHSLoginKey)
	}
}

func (l *Login) trustmark(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]any{
		"idp": l.Issuer, "trustmark_provider": l.Issuer,
		"P": []string{"P0", "P5", "P9"}, "C": []string{"Cp", "Cd", "Ck", "Cm"},
	})
}

func (l *Login) tokenEndpoint() string { return l.Issuer + "/token" }

// complain records what was wrong with a request in the sandbox's own words.
func complain(r *http.Request, text string) { recording.From(r.Context()).Complaint(text) }

func scopes() []string {
	return []string{
		"openid", "profile", "basic_demographics", "profile_extended", "email", "phone",
		"gp_registration_details", "gp_integration_credentials", "client_metadata",
	}
}

func claimNames() []string {
	return []string{
		"iss", "aud", "sub", "nhs_number", "family_name", "given_name", "birthdate", "identity_proofing_level",
		"email", "email_verified", "phone_number", "phone_number_verified", "gp_registration_details", "vot", "vtm", "auth_time",
	}
}
