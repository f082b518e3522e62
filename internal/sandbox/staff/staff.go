package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

const (
	codeLife  = time.Minute
	tokenLife = 10 * time.Minute
)

// Deps are what the system is built from.
type Deps struct {
	Issuer string
	Apps   *registry.Registry
	Ring   *kit.SigningKeys
	IDs    *kit.IDs
	Now    func() time.Time
}

// Member is one person of staff.
type Member struct {
	Name  string // the name to ask for
	Full  string
	Roles []string
}

// Members lists all staff.
func Members() []Member {
	return []Member{
		{Name: "ada", Full: "Ada Auditor", Roles: []string{"auditor"}},
		{Name: "cal", Full: "Cal Caldicott", Roles: []string{"auditor", "privacy"}},
		{Name: "olu", Full: "Olu Operator", Roles: []string{"operator"}},
		{Name: "nell", Full: "Nell Norole", Roles: []string{}},
	}
}

// Staff is the provider. Safe for concurrent use.
type Staff struct {
	Deps
	path string
	page *kit.Page

	mu    sync.Mutex
	codes map[string]grant
	// sessions are who is signed in here, by the value of the cookie.
	sessions map[string]session
	// roles are those that somebody was given instead of their own, by name.
	roles map[string][]string
}

type session struct {
	member   string
	signedIn time.Time
}

// cookie keeps the provider's own session.
const cookie = "sandbox_staff_session"

type grant struct {
	client, redirectURI, nonce, challenge, member, acr string

	signedIn, expires time.Time
}

// New makes a provider.
func New(d Deps) *Staff {
	u, err := url.Parse(d.Issuer)
	if err != nil {
		panic("staff: the issuer is not a URL: " + err.Error()) // the sandbox makes it itself
	}
	return &Staff{Deps: d, path: u.Path, page: kit.NewPage(page), codes: map[string]grant{}, sessions: map[string]session{}, roles: map[string][]string{}}
}

// Reset forgets every code and session, and which roles were changed.
func (s *Staff) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes, s.sessions, s.roles = map[string]grant{}, map[string]session{}, map[string][]string{}
}

// SetRoles gives somebody other roles from their next sign-in on.
func (s *Staff) SetRoles(name string, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[name] = roles
}

// ForgetSessions signs everybody out here.
func (s *Staff) ForgetSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = map[string]session{}
}

// rolesOf are the roles of a member now.
func (s *Staff) rolesOf(m Member) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if changed, ok := s.roles[m.Name]; ok {
		return changed
	}
	return m.Roles
}

// Routes of the provider.
func (s *Staff) Routes() []kit.Route {
	return []kit.Route{
		{Pattern: "GET " + s.path + "/.well-known/openid-configuration", Operation: "discovery", Handler: s.discovery},
		{Pattern: "GET " + s.path + "/jwks", Operation: "jwks", Handler: s.jwks},
		{Pattern: "GET " + s.path + "/authorize", Operation: "authorize", Handler: s.authorize},
		{Pattern: "POST " + s.path + "/authorize", Operation: "authorize", Handler: s.authorize},
		{Pattern: "POST " + s.path + "/token", Operation: "token", Handler: s.token},
	}
}

// Refuse answers with OAuth's form.
func (s *Staff) Refuse(w http.ResponseWriter, _ *http.Request, status int) {
	kit.WriteJSON(w, status, map[string]string{"error": "temporarily_unavailable"})
}

func (s *Staff) discovery(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, map[string]any{
		"issuer": s.Issuer, "authorization_endpoint": s.Issuer + "/authorize", "token_endpoint": s.Issuer + "/token",
		"jwks_uri": s.Issuer + "/jwks", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
		"scopes_supported":                      []string{"openid", "profile"},
		"claims_supported":                      []string{"sub", "name", "roles", "auth_time", "acr"},
	})
}

func (s *Staff) jwks(w http.ResponseWriter, _ *http.Request) {
	kit.WriteJSON(w, http.StatusOK, s.Ring.Public(kit.StaffKey))
}

const page = `{{define "title"}}Pick a member of staff{{end}}
{{define "main"}}
<form method="post" action="{{.Action}}">
<fieldset><legend>Who signs in?</legend>
{{range $i, $m := .Members}}<div class="choice"><input type="radio" name="sandbox_staff" value="{{$m.Name}}" id="staff-{{$m.Name}}"{{if eq $i 0}} checked{{end}}>
<label for="staff-{{$m.Name}}">{{$m.Full}} ({{$m.Name}}){{range $m.Roles}} · {{.}}{{end}}</label></div>
{{end}}</fieldset>
<button class="main" type="submit">Sign in</button>
</form>
{{end}}`

// authorize picks a member by sandbox_staff=NAME, or asks for one.
func (s *Staff) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	app, _ := s.Apps.ByStaffClientID(q.Get("client_id"))
	i := slices.Index(app.StaffRedirectURIs, q.Get("redirect_uri"))
	if i < 0 {
		recording.From(r.Context()).Complaint("client_id or redirect_uri is not registered")
		http.Error(w, "SANDBOX, not the NHS: client_id or redirect_uri is not registered", http.StatusBadRequest)
		return
	}
	recording.From(r.Context()).App(app.StaffClientID)
	back := app.StaffRedirectURIs[i]
	switch {
	case q.Get("response_type") != "code":
		s.redirect(w, r, back, url.Values{"error": {"unsupported_response_type"}})
		return
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		s.redirect(w, r, back, url.Values{"error": {"invalid_scope"}})
		return
	case q.Has("code_challenge") && q.Get("code_challenge_method") != "S256":
		s.redirect(w, r, back, url.Values{"error": {"invalid_request"}})
		return
	}
	if q.Get("prompt") == "none" {
		s.silent(w, r, app, back)
		return
	}
	name := r.FormValue("sandbox_staff")
	if !slices.ContainsFunc(Members(), func(m Member) bool { return m.Name == name }) {
		q.Del("sandbox_staff")
		s.page.Write(w, http.StatusOK, map[string]any{"Action": s.path + "/authorize?" + q.Encode(), "Members": Members()})
		return
	}
	now := session{name, s.now(r)}
	secret := s.IDs.Token()
	s.mu.Lock()
	s.sessions[secret] = now
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: secret, Path: s.path, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // the sandbox speaks plain HTTP on loopback
	s.grant(w, r, app, back, now)
}

// silent answers prompt=none (OpenID Connect Core 1.0, 3.1.2.1).
func (s *Staff) silent(w http.ResponseWriter, r *http.Request, app registry.App, back string) {
	var known session
	if c, err := r.Cookie(cookie); err == nil {
		s.mu.Lock()
		known = s.sessions[c.Value]
		s.mu.Unlock()
	}
	maxAge, err := strconv.Atoi(r.URL.Query().Get("max_age"))
	if known.member == "" || err == nil && s.now(r).Sub(known.signedIn) > time.Duration(maxAge)*time.Second {
		s.redirect(w, r, back, url.Values{"error": {"login_required"}})
		return
	}
	s.grant(w, r, app, back, known)
}

// grant sends the browser back with a code.
func (s *Staff) grant(w http.ResponseWriter, r *http.Request, app registry.App, back string, who session) {
	q := r.URL.Query()
	code := s.IDs.Token()
	s.mu.Lock()
	s.codes[code] = grant{
		client: app.StaffClientID, redirectURI: back, nonce: q.Get("nonce"), challenge: q.Get("code_challenge"),
		member: who.member, acr: acr(q.Get("acr_values")), signedIn: who.signedIn, expires: s.Now().Add(codeLife),
	}
	s.mu.Unlock()
	s.redirect(w, r, back, url.Values{"code": {code}, "iss": {s.Issuer}})
}

// acr is the first strength that was asked for: everybody here has every one.
func acr(wanted string) string {
	first, _, _ := strings.Cut(wanted, " ")
	return first
}

func (s *Staff) redirect(w http.ResponseWriter, r *http.Request, back string, values url.Values) {
	q := r.URL.Query()
	if state := q.Get("state"); state != "" {
		values.Set("state", state)
	}
	if e := values.Get("error"); e != "" {
		recording.From(r.Context()).Complaint(e)
	}
	u, err := url.Parse(back)
	if err != nil {
		http.Error(w, "SANDBOX, not the NHS: the redirect URI is not a URL", http.StatusBadRequest)
		return
	}
	all := u.Query()
	for name, v := range values {
		all[name] = v
	}
	u.RawQuery = all.Encode()
	http.Redirect(w, r, u.String(), http.StatusFound)
}

func (s *Staff) now(r *http.Request) time.Time { return faults.Now(r.Context(), s.Now) }
