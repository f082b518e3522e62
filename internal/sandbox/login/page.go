package login

import (
	"net/http"
	"net/url"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
)

const signInPage = `{{define "title"}}Pick a citizen{{end}}
{{define "main"}}
{{with .Notice}}<p class="notice" role="alert">{{.}}</p>{{end}}
<p><strong>{{.App}}</strong> asks you to sign in and to share who you are.</p>
<form method="post" action="{{.Action}}">
<fieldset>
<legend>Who signs in?</legend>
{{range $i, $c := .Citizens}}
<div class="choice">
<input type="radio" name="citizen" value="{{$c.Name}}" id="citizen-{{$c.Name}}" aria-describedby="story-{{$c.Name}}"{{if eq $i 0}} checked{{end}}>
<div><label for="citizen-{{$c.Name}}">{{$c.Given}} {{$c.Family}} ({{$c.Name}})</label>
<span class="hint" id="story-{{$c.Name}}">{{$c.Story}}</span></div>
</div>
{{end}}
</fieldset>
<button class="main" type="submit" name="answer" value="agree">Agree to share and continue</button>
<button type="submit" name="answer" value="decline">Do not share</button>
</form>
{{end}}`

const errorPage = `{{define "title"}}This sign-in cannot start{{end}}
{{define "main"}}<p class="notice" role="alert">{{.}}</p>
<p>Nothing was sent back: without a registered client and redirect URI there is no client to send it to.</p>{{end}}`

type signInView struct {
	App      string
	Action   string
	Notice   string
	Citizens []citizens.Citizen
}

// show asks who signs in. The request travels in the form's action and is
// checked again when it comes back.
func (l *Login) show(w http.ResponseWriter, req request, status int, notice string) {
	name := req.app.Name
	if name == "" {
		name = req.app.ClientID
	}
	q := url.Values{}
	for key, values := range req.query {
		q[key] = values
	}
	for _, own := range sandboxParameters() {
		q.Del(own)
	}
	l.page.Write(w, status, signInView{App: name, Action: l.path + "/sign-in?" + q.Encode(), Notice: notice, Citizens: l.People.All()})
}

// signIn takes the page's answer.
func (l *Login) signIn(w http.ResponseWriter, r *http.Request) {
	req, ok := l.read(w, r, r.URL.Query())
	if !ok {
		return
	}
	l.finish(w, r, req, answer{citizen: r.PostFormValue("citizen"), choice: r.PostFormValue("answer")})
}
