package login

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// request is an authorize request that passed every check.
type request struct {
	app         registry.App
	redirectURI string
	state       string
	nonce       string
	scope       []string
	vtr         []vector
	prompt      string
	challenge   string // S256; empty without PKCE
	asserted    string // asserted_login_identity
	query       url.Values
}

// refusal is an error that goes back to the client by redirect.
type refusal struct{ code, description string }

func (e *refusal) Error() string { return e.code + ": " + e.description }

// parameters of the sandbox's own; never part of what NHS login checks.
func sandboxParameters() []string { return []string{"sandbox_citizen", "sandbox_answer"} }

// client decides where an answer may be sent. Until both client and redirect URI
// are known nothing is redirected anywhere (RFC 6749 §4.1.2.1).
func (l *Login) client(q url.Values) (registry.App, string, string) {
	id := q.Get("client_id")
	if len(q["client_id"]) != 1 || id == "" {
		return registry.App{}, "", "client_id is missing or repeated"
	}
	app, ok := l.Apps.ByClientID(id)
	if !ok {
		return registry.App{}, "", "client_id " + id + " is not registered"
	}
	i := slices.Index(app.RedirectURIs, q.Get("redirect_uri"))
	if len(q["redirect_uri"]) != 1 || i < 0 {
		return registry.App{}, "", "redirect_uri is not exactly one of those registered for " + id
	}
	return app, app.RedirectURIs[i], ""
}

// check reads the rest of the request.
func check(app registry.App, redirectURI string, q url.Values) (request, *refusal) {
	r := request{
		app: app, redirectURI: redirectURI, query: q,
		state: q.Get("state"), nonce: q.Get("nonce"), scope: strings.Fields(q.Get("scope")),
		prompt: q.Get("prompt"), asserted: q.Get("asserted_login_identity"),
	}
	for name, values := range q {
		if len(values) > 1 && !slices.Contains(sandboxParameters(), name) {
			return r, &refusal{"invalid_request", "the parameter " + name + " is repeated"}
		}
	}
	for _, rule := range []func() *refusal{r.checkResponse, r.checkMandatory, r.checkOptional, r.checkUnsupported, r.checkPKCE} {
		if bad := rule(); bad != nil {
			return r, bad
		}
	}
	vtr, err := parseVTR(q.Get("vtr"))
	if err != nil {
		return r, &refusal{"invalid_request", err.Error()}
	}
	r.vtr = vtr
	return r, nil
}

func (r *request) checkResponse() *refusal {
	switch r.query.Get("response_type") {
	case "code":
	case "":
		return &refusal{"invalid_request", "response_type is missing"}
	default:
		return &refusal{"unsupported_response_type", "Unsupported response_type value"}
	}
	if mode := r.query.Get("response_mode"); mode != "" && mode != "query" {
		return &refusal{"invalid_request", "response_mode is not query"}
	}
	return nil
}

func (r *request) checkMandatory() *refusal {
	if r.state == "" {
		return &refusal{"invalid_request", "state is missing"}
	}
	if r.nonce == "" {
		return &refusal{"invalid_request", "nonce is missing"}
	}
	if len(r.scope) == 0 {
		return &refusal{"invalid_request", "scope is missing"}
	}
	if !slices.Contains(r.scope, "openid") {
		return &refusal{"invalid_scope", "scope has no openid"}
	}
	if slices.Contains(r.scope, "profile") && slices.Contains(r.scope, "basic_demographics") {
		return &refusal{"invalid_scope", "profile and basic_demographics exclude each other"}
	}
	// Scopes that NHS login does not understand are ignored (table 1.1).
	r.scope = slices.DeleteFunc(r.scope, func(s string) bool { return !slices.Contains(scopes(), s) })
	return nil
}

func (r *request) checkOptional() *refusal {
	if r.query.Has("prompt") && !slices.Contains([]string{"", "none", "login"}, r.prompt) {
		return &refusal{"invalid_request", "prompt is neither none nor login"}
	}
	if d := r.query.Get("display"); d != "" && d != "page" && d != "touch" {
		return &refusal{"invalid_request", "display is neither page nor touch"}
	}
	return nil
}

// checkUnsupported refuses, with an error, what NHS login lists as not supported: a
// client that sends it relies on something that will not happen.
func (r *request) checkUnsupported() *refusal {
	if r.query.Has("request") {
		return &refusal{"request_not_supported", "request objects are not supported"}
	}
	if r.query.Has("request_uri") {
		return &refusal{"request_uri_not_supported", "request objects are not supported"}
	}
	if r.query.Has("registration") {
		return &refusal{"registration_not_supported", "registration is not supported"}
	}
	for _, name := range []string{"max_age", "ui_locales", "login_hint", "id_token_hint", "acr_values"} {
		if r.query.Has(name) {
			return &refusal{"invalid_request", name + " is not supported"}
		}
	}
	return nil
}

func (r *request) checkPKCE() *refusal {
	r.challenge = r.query.Get("code_challenge")
	method := r.query.Get("code_challenge_method")
	switch {
	case r.challenge == "" && method == "":
		return nil
	case r.challenge == "":
		return &refusal{"invalid_request", "code_challenge is missing"}
	case method != "S256":
		return &refusal{"invalid_request", "code_challenge_method is not S256"}
	case len(r.challenge) != base64.RawURLEncoding.EncodedLen(sha256.Size):
		return &refusal{"invalid_request", "code_challenge is not a SHA-256 in base64url"}
	}
	return nil
}

// redirect sends the browser back to the client.
func (r request) redirect(w http.ResponseWriter, hr *http.Request, values url.Values) {
	if r.state != "" {
		values.Set("state", r.state)
	}
	u, err := url.Parse(r.redirectURI)
	if err != nil {
		http.Error(w, "SANDBOX, not the NHS: the redirect URI is not a URL", http.StatusInternalServerError)
		return
	}
	all := u.Query()
	for name, v := range values {
		all[name] = v
	}
	u.RawQuery = all.Encode()
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, hr, u.String(), http.StatusFound)
}

func (r request) refuse(w http.ResponseWriter, hr *http.Request, e *refusal) {
	complain(hr, e.Error())
	v := url.Values{"error": {e.code}}
	if e.description != "" {
		v.Set("error_description", e.description)
	}
	r.redirect(w, hr, v)
}
