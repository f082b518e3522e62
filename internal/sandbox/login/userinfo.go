package login

import (
	"net/http"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
)

// userinfo is GET and POST userinfo (specification §3.6).
func (l *Login) userinfo(w http.ResponseWriter, r *http.Request) {
	b, ok := l.bearer(r)
	if !ok {
		complain(r, "invalid_token: the access token is missing, unknown or expired")
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="The access token expired"`)
		kit.WriteJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	c, err := l.People.Find(b.citizen)
	if err != nil {
		l.failToken(w, r, err)
		return
	}
	note := recording.From(r.Context())
	note.App(b.client)
	note.Citizen(c.Name)
	out := personClaims(c, b.scope)
	out["iss"], out["sub"], out["aud"] = l.Issuer, c.Subject, b.client
	kit.WriteJSON(w, http.StatusOK, out)
}

func (l *Login) bearer(r *http.Request) (bearer, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return bearer{}, false
	}
	l.mu.Lock()
	b, ok := l.access[token]
	l.mu.Unlock()
	return b, ok && b.expires.After(l.Now())
}

func (l *Login) whoseToken(r *http.Request) string {
	b, _ := l.bearer(r)
	return b.citizen
}
