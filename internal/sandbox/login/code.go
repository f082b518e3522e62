package login

import (
	"net/http"
	"net/url"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
)

// grant is the sign-in that a code represents.
type grant struct {
	client      string
	redirectURI string
	nonce       string
	scope       []string
	challenge   string
	citizen     string
	vot         string
	signedIn    time.Time
	tellTime    bool // auth_time goes into the ID token
	expires     time.Time
	used        bool
}

// sendCode ends an authorize request with success.
func (l *Login) sendCode(w http.ResponseWriter, r *http.Request, req request, c citizens.Citizen, vot string, signedIn time.Time) {
	code := l.IDs.Token()
	l.mu.Lock()
	l.codes[code] = grant{
		client: req.app.ClientID, redirectURI: req.redirectURI, nonce: req.nonce, scope: req.scope, challenge: req.challenge,
		citizen: c.Name, vot: vot, signedIn: signedIn, tellTime: req.prompt == "login", expires: l.Now().Add(codeLife),
	}
	l.mu.Unlock()
	req.redirect(w, r, url.Values{"code": {code}})
}

// take uses a code. A second call finds it used, whatever the outcome of the
// first.
func (l *Login) take(code string) (grant, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, ok := l.codes[code]
	if !ok {
		return grant{}, false
	}
	was := g.used
	g.used = true
	l.codes[code] = g
	return g, !was
}

func (l *Login) peek(code string) grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.codes[code]
}

func (l *Login) whoseGrant(r *http.Request) string {
	if token := r.PostFormValue("refresh_token"); token != "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.refresh[token].citizen
	}
	return l.peek(r.PostFormValue("code")).citizen
}
