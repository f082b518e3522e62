package platform

import (
	"net/http"
	"strconv"
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

const (
	accessLife  = 599 * time.Second
	refreshLife = 3599 * time.Second
	scopePrefix = "urn:nhsd:apim:user-nhs-login:"
	scopeSuffix = ":e-referrals-service-patient-care-api"
)

// Deps are what the system is built from.
type Deps struct {
	TokenURL string // what aud must be, character for character
	Issuer   string // NHS login's
	IDKeys   func() jose.JSONWebKeySet
	Apps     *registry.Registry
	Keys     *registry.KeySets
	People   *citizens.Catalogue
	IDs      *kit.IDs
	Now      func() time.Time
}

// Platform is the authorization server. Safe for concurrent use.
type Platform struct {
	Deps
	assertions jwt.Once

	mu     sync.Mutex
	tokens map[string]Token
}

// Token is what an access token was issued for.
type Token struct {
	Citizen  string // name in the catalogue
	APIKey   string // of the app
	VoT      string // vector of trust of the ID token
	Proofing string // P0, P5, P9: what the scope is for
	Expires  time.Time
	Revoked  bool
}

// Scope is the token's one scope.
func (t Token) Scope() string { return scopePrefix + t.Proofing + scopeSuffix }

// New makes a platform without tokens.
func New(d Deps) *Platform { return &Platform{Deps: d, tokens: map[string]Token{}} }

// Reset forgets every token.
func (p *Platform) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens = map[string]Token{}
}

// Lookup finds an access token that was issued here, expired and revoked ones too.
func (p *Platform) Lookup(token string) (Token, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tokens[token]
	return t, ok
}

// Revoke ends an access token.
func (p *Platform) Revoke(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, ok := p.tokens[token]; ok {
		t.Revoked = true
		p.tokens[token] = t
	}
}

// RevokeAll ends every access token of a citizen, of everybody when name is
// empty, and returns how many.
func (p *Platform) RevokeAll(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for key, t := range p.tokens {
		if !t.Revoked && (name == "" || t.Citizen == name) {
			t.Revoked = true
			p.tokens[key] = t
			n++
		}
	}
	return n
}

// Routes of the platform.
func (p *Platform) Routes() []kit.Route {
	return []kit.Route{{Pattern: "POST /oauth2/token", Operation: "token", Handler: p.token, Who: p.who}}
}

// Refuse answers as the gateway in front of the platform does: not OAuth's form.
func (p *Platform) Refuse(w http.ResponseWriter, _ *http.Request, status int) {
	kit.WriteJSON(w, status, map[string]any{"fault": map[string]any{
		"faultstring": http.StatusText(status),
		"detail":      map[string]string{"errorcode": "messaging.adaptors.http.flow." + strconv.Itoa(status)},
	}})
}

// token is POST /oauth2/token.
func (p *Platform) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	now := faults.Now(r.Context(), p.Now)
	app, bad := p.checkAssertion(r, now)
	if bad != nil {
		p.refuse(w, r, bad)
		return
	}
	note := recording.From(r.Context())
	note.App(app.APIKey)
	t, bad := p.checkSubject(r, app, now)
	if bad != nil {
		p.refuse(w, r, bad)
		return
	}
	note.Citizen(t.Citizen)
	access := p.IDs.Token()
	t.Expires = now.Add(accessLife)
	p.mu.Lock()
	p.tokens[access] = t
	p.mu.Unlock()
	// Every number is a string: the platform has always answered like this.
	kit.WriteJSON(w, http.StatusOK, tokens{ //nolint:gosec // the URN of a token type is not a credential
		AccessToken: access, TokenType: "Bearer", ExpiresIn: seconds(accessLife),
		IssuedTokenType: "urn:ietf:params:oauth:token-type:access_token",
		RefreshToken:    p.IDs.Token(), RefreshTokenExpiresIn: seconds(refreshLife), RefreshCount: "0",
	})
}

// tokens is a successful answer.
type tokens struct {
	AccessToken           string `json:"access_token"`
	ExpiresIn             string `json:"expires_in"`
	TokenType             string `json:"token_type"`
	IssuedTokenType       string `json:"issued_token_type"`
	RefreshToken          string `json:"refresh_token"`
	RefreshTokenExpiresIn string `json:"refresh_token_expires_in"`
	RefreshCount          string `json:"refresh_count"`
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// who reads the subject token without verifying it: a fault for a citizen applies
// before the token is checked.
func (p *Platform) who(r *http.Request) string {
	t, err := jwt.Read(r.PostFormValue("subject_token"))
	if err != nil {
		return ""
	}
	return p.citizen(t)
}

func (p *Platform) citizen(t jwt.Token) string {
	sub := jwt.Text(t.Claims, "sub")
	for _, c := range p.People.All() {
		if c.Subject == sub {
			return c.Name
		}
	}
	return ""
}

// complaint is one error answer of the platform.
type complaint struct {
	status      int
	code        string
	description string
}

func invalid(description string) *complaint {
	return &complaint{http.StatusBadRequest, "invalid_request", description}
}

func unauthorized(description string) *complaint {
	return &complaint{http.StatusUnauthorized, "invalid_request", description}
}

func (p *Platform) refuse(w http.ResponseWriter, r *http.Request, c *complaint) {
	recording.From(r.Context()).Complaint(c.code + ": " + c.description)
	kit.WriteJSON(w, c.status, map[string]string{
		"error": c.code, "error_description": c.description, "message_id": "rrt-" + p.IDs.UUID(),
	})
}
