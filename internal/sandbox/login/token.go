package login

import (
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

// bearer is what an access or refresh token represents.
type bearer struct {
	client, citizen, vot string
	scope                []string
	expires              time.Time
}

// token is POST token (specification §3.5). Its errors are 400, all of them.
func (l *Login) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		l.refuseToken(w, r, "invalid_request", "the body is not a form")
		return
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			l.refuseToken(w, r, "invalid_request", "the parameter "+name+" is repeated")
			return
		}
	}
	app, err := l.authenticate(r)
	if err != nil {
		l.refuseToken(w, r, "invalid_client", err.Error())
		return
	}
	recording.From(r.Context()).App(app.ClientID)
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		l.byCode(w, r, app)
	case "refresh_token":
		l.byRefresh(w, r, app)
	case "":
		l.refuseToken(w, r, "invalid_request", "grant_type is missing")
	default:
		l.refuseToken(w, r, "unsupported_grant_type", "grant_type is neither authorization_code nor refresh_token")
	}
}

func (l *Login) byCode(w http.ResponseWriter, r *http.Request, app registry.App) {
	code := r.PostFormValue("code")
	if code == "" {
		l.refuseToken(w, r, "invalid_request", "code is missing")
		return
	}
	g, first := l.take(code)
	switch {
	case g.client == "":
		l.refuseToken(w, r, "invalid_grant", "the code is unknown")
	case !first:
		l.refuseToken(w, r, "invalid_grant", "the code was used before")
	case g.client != app.ClientID:
		l.refuseToken(w, r, "invalid_grant", "the code is another client's")
	case !g.expires.After(faults.Now(r.Context(), l.Now)):
		l.refuseToken(w, r, "invalid_grant", "the code has expired")
	case r.PostFormValue("redirect_uri") != g.redirectURI:
		l.refuseToken(w, r, "invalid_grant", "redirect_uri is not that of the authorize request")
	case !pkce(g.challenge, r.PostFormValue("code_verifier")):
		l.refuseToken(w, r, "invalid_grant", "code_verifier does not fit the code_challenge")
	default:
		l.grantTokens(w, r, g)
	}
}

// pkce compares verifier and challenge (RFC 7636 §4.6).
func pkce(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

func (l *Login) grantTokens(w http.ResponseWriter, r *http.Request, g grant) {
	recording.From(r.Context()).Citizen(g.citizen)
	c, err := l.People.Find(g.citizen)
	if err != nil {
		l.refuseToken(w, r, "invalid_grant", err.Error())
		return
	}
	idToken, err := l.mintIDToken(r, g, c)
	if err != nil {
		l.failToken(w, r, err)
		return
	}
	b := bearer{client: g.client, citizen: g.citizen, vot: g.vot, scope: g.scope}
	l.answerTokens(w, r, b, idToken)
}

// byRefresh returns an access token for userinfo, never a new ID token.
func (l *Login) byRefresh(w http.ResponseWriter, r *http.Request, app registry.App) {
	l.mu.Lock()
	b, ok := l.refresh[r.PostFormValue("refresh_token")]
	l.mu.Unlock()
	if !ok || b.client != app.ClientID || !b.expires.After(l.Now()) {
		l.refuseToken(w, r, "invalid_grant", "the refresh token is unknown, expired or another client's")
		return
	}
	recording.From(r.Context()).Citizen(b.citizen)
	l.answerTokens(w, r, b, "")
}

func (l *Login) answerTokens(w http.ResponseWriter, r *http.Request, b bearer, idToken string) {
	now := l.Now()
	access, err := l.mintAccessToken(b, now)
	if err != nil {
		l.failToken(w, r, err)
		return
	}
	out := map[string]any{"access_token": access, "token_type": "bearer", "expires_in": int(accessLife / time.Second)}
	l.mu.Lock()
	b.expires = now.Add(accessLife)
	l.access[access] = b
	if idToken != "" {
		out["id_token"] = idToken
		fresh := l.IDs.Token()
		b.expires = now.Add(refreshLife)
		l.refresh[fresh] = b
		out["refresh_token"] = fresh
		out["scope"] = join(b.scope)
	}
	l.mu.Unlock()
	kit.WriteJSON(w, http.StatusOK, out)
}

func (l *Login) refuseToken(w http.ResponseWriter, r *http.Request, code, why string) {
	complain(r, code+": "+why)
	out := map[string]string{"error": code}
	if code != "invalid_client" { // a failed authentication is not explained to the client
		out["error_description"] = why
	}
	kit.WriteJSON(w, http.StatusBadRequest, out)
}

func (l *Login) failToken(w http.ResponseWriter, r *http.Request, err error) {
	complain(r, err.Error())
	kit.WriteJSON(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
}
