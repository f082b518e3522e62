package login

import (
	"net/http"
	"net/url"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
)

// The answers of a person.
const (
	agree   = "agree"
	decline = "decline"
)

// answer is a person's answer: who they are and whether they share.
type answer struct{ citizen, choice string }

// AnswerNext presets the answer to the next authorize request that brings none
// itself. It fails with [citizens.ErrUnknown].
func (l *Login) AnswerNext(citizen string, share bool) error {
	if _, err := l.People.Find(citizen); err != nil {
		return err
	}
	choice := agree
	if !share {
		choice = decline
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.preset = &answer{citizen: citizen, choice: choice}
	return nil
}

// authorize is GET and POST authorize (specification §3.4).
func (l *Login) authorize(w http.ResponseWriter, r *http.Request) {
	req, ok := l.read(w, r, parameters(r))
	if !ok {
		return
	}
	if ok := l.bySingleSignOn(w, r, req); ok {
		return
	}
	// A preset answer is a person at the keyboard: prompt=none must not meet one.
	if req.prompt != "none" {
		if a := l.presetAnswer(r, req); a != nil {
			l.finish(w, r, req, *a)
			return
		}
	}
	if req.prompt != "login" && l.bySession(w, r, req) {
		return
	}
	if req.prompt == "none" {
		code := "login_required"
		if req.asserted != "" {
			code = "sso_login_required"
		}
		req.refuse(w, r, &refusal{code, "the citizen has to sign in"})
		return
	}
	l.show(w, req, http.StatusOK, "")
}

// read checks a request, and answers it itself when it is not one.
func (l *Login) read(w http.ResponseWriter, r *http.Request, q url.Values) (request, bool) {
	app, redirectURI, problem := l.client(q)
	if problem != "" {
		complain(r, problem)
		l.errorPage.Write(w, http.StatusBadRequest, problem)
		return request{}, false
	}
	recording.From(r.Context()).App(app.ClientID)
	req, bad := check(app, redirectURI, q)
	if bad != nil {
		req.refuse(w, r, bad)
		return request{}, false
	}
	return req, true
}

// parameters of a GET are in the query, of a POST in the form; the sandbox's own
// may be in the query of both.
func parameters(r *http.Request) url.Values {
	if r.Method != http.MethodPost {
		return r.URL.Query()
	}
	q := url.Values{}
	for name, values := range r.PostForm {
		q[name] = values
	}
	for _, name := range sandboxParameters() {
		if v, ok := r.URL.Query()[name]; ok {
			q[name] = v
		}
	}
	return q
}

// presetAnswer returns the answer that a test or a developer set in advance.
func (l *Login) presetAnswer(r *http.Request, req request) *answer {
	name := req.query.Get("sandbox_citizen")
	if name == "" {
		name = r.Header.Get("X-Sandbox-Citizen")
	}
	if name != "" {
		choice := req.query.Get("sandbox_answer")
		if choice == "" {
			choice = agree
		}
		return &answer{citizen: name, choice: choice}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.preset
	l.preset = nil
	return a
}

// bySession answers from the cookie session, when there is one that is enough.
func (l *Login) bySession(w http.ResponseWriter, r *http.Request, req request) bool {
	if req.query.Has("sandbox_citizen") || r.Header.Get("X-Sandbox-Citizen") != "" {
		return false // another person is to sign in, and prompt=none forbids it
	}
	s, c, ok := l.session(r)
	if !ok {
		return false
	}
	vot, enough := strongest(req.vtr, c)
	if !enough {
		if req.prompt == "none" {
			req.refuse(w, r, &refusal{"interaction_required", "the session does not reach the asked vectors of trust"})
			return true
		}
		return false
	}
	if !l.hasShared(req.app.ClientID, c.Name) {
		if req.prompt == "none" {
			req.refuse(w, r, &refusal{"consent_required", "the citizen has not agreed to share with this client"})
			return true
		}
		return false
	}
	recording.From(r.Context()).Citizen(c.Name)
	l.sendCode(w, r, req, c, vot, s.at)
	return true
}

// finish acts on a person's answer.
func (l *Login) finish(w http.ResponseWriter, r *http.Request, req request, a answer) {
	c, err := l.People.Find(a.citizen)
	if err != nil {
		complain(r, err.Error())
		l.show(w, req, http.StatusBadRequest, "Pick a citizen from the list.")
		return
	}
	recording.From(r.Context()).Citizen(c.Name)
	switch a.choice {
	case agree:
	case decline:
		req.refuse(w, r, &refusal{"access_denied", "ConsentNotGiven"})
		return
	default:
		l.show(w, req, http.StatusBadRequest, "Say whether to share.")
		return
	}
	vot, met := strongest(req.vtr, c)
	if !met {
		vot = own(c)
		complain(r, "no asked vector of trust is met; the sandbox answers with "+vot)
	}
	at := l.Now()
	l.startSession(w, c, at)
	l.share(req.app.ClientID, c.Name)
	l.sendCode(w, r, req, c, vot, at)
}

func (l *Login) whoAuthorizes(r *http.Request) string {
	q := parameters(r)
	if name := q.Get("sandbox_citizen"); name != "" {
		return name
	}
	if name := r.Header.Get("X-Sandbox-Citizen"); name != "" {
		return name
	}
	_, c, _ := l.session(r)
	return c.Name
}
