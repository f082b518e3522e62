package login

import (
	"net/http"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
)

const cookieName = "sandbox_nhs_login"

// session is a citizen's session at NHS login itself.
type session struct {
	citizen string
	at      time.Time // of the sign-in
}

func (l *Login) startSession(w http.ResponseWriter, c citizens.Citizen, at time.Time) {
	id := l.IDs.Token()
	l.mu.Lock()
	l.sessions[id] = session{citizen: c.Name, at: at}
	l.mu.Unlock()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // loopback has no TLS, and the session is a made-up person's
		Name: cookieName, Value: id, Path: l.path + "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// session finds who is signed in at NHS login.
func (l *Login) session(r *http.Request) (session, citizens.Citizen, bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return session{}, citizens.Citizen{}, false
	}
	l.mu.Lock()
	s, ok := l.sessions[cookie.Value]
	l.mu.Unlock()
	if !ok || l.Now().Sub(s.at) > sessionLife {
		return session{}, citizens.Citizen{}, false
	}
	c, err := l.People.Find(s.citizen)
	return s, c, err == nil
}

func (l *Login) share(client, citizen string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shared[client+"\x00"+citizen] = true
}

func (l *Login) hasShared(client, citizen string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shared[client+"\x00"+citizen]
}
