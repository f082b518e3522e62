package staff

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
)

func (s *Staff) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	app, ok := s.authenticate(r)
	if !ok {
		s.refuseToken(w, r, http.StatusUnauthorized, "invalid_client", "client id or secret is wrong")
		return
	}
	recording.From(r.Context()).App(app.StaffClientID)
	if r.PostFormValue("grant_type") != "authorization_code" {
		s.refuseToken(w, r, http.StatusBadRequest, "unsupported_grant_type", "grant_type is not authorization_code")
		return
	}
	code := r.PostFormValue("code")
	s.mu.Lock()
	g, known := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	now := s.now(r)
	if !known || g.client != app.StaffClientID || g.redirectURI != r.PostFormValue("redirect_uri") || !g.expires.After(now) {
		s.refuseToken(w, r, http.StatusBadRequest, "invalid_grant", "the code is unknown, used, expired, or of another client or redirect URI")
		return
	}
	if sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier"))); g.challenge != "" && base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge {
		s.refuseToken(w, r, http.StatusBadRequest, "invalid_grant", "code_verifier does not fit the code_challenge")
		return
	}
	idToken, err := s.mint(g, now)
	if err != nil {
		s.refuseToken(w, r, http.StatusInternalServerError, "server_error", err.Error())
		return
	}
	kit.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": s.IDs.Token(), "token_type": "Bearer", "expires_in": int(tokenLife / time.Second), "id_token": idToken,
	})
}

func (s *Staff) mint(g grant, now time.Time) (string, error) {
	members := Members()
	m := members[slices.IndexFunc(members, func(m Member) bool { return m.Name == g.member })]
	claims := map[string]any{
		"iss": s.Issuer, "sub": s.IDs.Stable("staff/" + m.Name), "aud": g.client, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"name": m.Full, "roles": s.rolesOf(m), "auth_time": g.signedIn.Unix(),
	}
	if g.acr != "" {
		claims["acr"] = g.acr
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	return s.Ring.Sign(kit.StaffKey, nil, claims)
}

func (s *Staff) authenticate(r *http.Request) (registry.App, bool) {
	id, secret, basic := r.BasicAuth()
	if basic { // RFC 6749 §2.3.1: both parts are form-encoded first
		var err1, err2 error
		id, err1 = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			return registry.App{}, false
		}
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	app, ok := s.Apps.ByStaffClientID(id)
	return app, ok && app.StaffClientSecret != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(app.StaffClientSecret)) == 1
}

func (s *Staff) refuseToken(w http.ResponseWriter, r *http.Request, status int, code, why string) {
	recording.From(r.Context()).Complaint(code + ": " + why)
	kit.WriteJSON(w, status, map[string]string{"error": code, "error_description": why})
}
