package sandbox

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
)

type pages struct {
	catalogue *kit.Page
	faults    *kit.Page
}

func newPages() pages {
	return pages{catalogue: kit.NewPage(cataloguePage), faults: kit.NewPage(faultsPage)}
}

const cataloguePage = `{{define "title"}}Citizens of the sandbox{{end}}
{{define "main"}}
<p>The sandbox's clock says {{.Now}}. <a href="/sandbox/faults/page">Order a fault</a>.</p>
<table>
<caption>Everybody that a sign-in can pick</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Story</th><th scope="col">Proofing</th><th scope="col">Referrals</th></tr></thead>
<tbody>
{{range .Citizens}}<tr><th scope="row">{{.Name}}</th><td>{{.Story}}{{with .Strange}} <span class="hint">Breaks the published contract: {{.}}.</span>{{end}}</td><td>{{.Proofing}}</td><td>{{.Referrals}}</td></tr>
{{end}}</tbody>
</table>
{{end}}`

const faultsPage = `{{define "title"}}Order a fault{{end}}
{{define "main"}}
{{with .Notice}}<p class="notice" role="alert">{{.}}</p>{{end}}
<p><a href="/sandbox">Citizens</a></p>
<h2>In force</h2>
{{if .Orders}}<ul>{{range .Orders}}<li>{{.Fault.Kind}}{{with .Fault.Upstream}} of {{.}}{{end}}{{with .Fault.Operation}} {{.}}{{end}}{{with .Fault.Citizen}} for {{.}}{{end}}: struck {{.Struck}} of {{.Seen}}
<form method="post" action="/sandbox/faults/page"><button type="submit" name="cancel" value="{{.Number}}">End fault {{.Number}}</button></form></li>{{end}}</ul>
{{else}}<p>None: everything answers as it should.</p>{{end}}
<h2>A new one</h2>
<form method="post" action="/sandbox/faults/page">
<p><label for="kind">Kind</label> <select id="kind" name="kind">{{range .Kinds}}<option>{{.}}</option>{{end}}</select></p>
<p><label for="upstream">Upstream</label> <select id="upstream" name="upstream"><option value="">all</option>{{range .Upstreams}}<option>{{.}}</option>{{end}}</select></p>
<p><label for="citizen">Citizen</label> <select id="citizen" name="citizen"><option value="">all</option>{{range .Citizens}}<option>{{.Name}}</option>{{end}}</select></p>
<p><label for="status">Status, for kind status</label> <input id="status" name="status" inputmode="numeric"></p>
<p><label for="delay">Delay, such as 1.5s</label> <input id="delay" name="delay"></p>
<p><label for="skew">Clock skew, such as -10m</label> <input id="skew" name="skew"></p>
<p><label for="percent">Share of the requests in percent</label> <input id="percent" name="percent" inputmode="numeric"></p>
<p><label for="count">How many times; empty for always</label> <input id="count" name="count" inputmode="numeric"></p>
<button class="main" type="submit">Order</button>
</form>
{{end}}`

func (s *Sandbox) controlPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /sandbox/faults/page", func(w http.ResponseWriter, _ *http.Request) { s.showFaults(w, http.StatusOK, "") })
	mux.HandleFunc("POST /sandbox/faults/page", s.orderByPage)
}

// catalogue answers a browser with HTML and other clients with JSON.
func (s *Sandbox) catalogue(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.listCitizens(w, r)
		return
	}
	s.pages.catalogue.Write(w, http.StatusOK, map[string]any{
		"Now": s.clock.Now().Format(time.RFC1123), "Citizens": s.people.All(),
	})
}

func (s *Sandbox) showFaults(w http.ResponseWriter, status int, notice string) {
	s.pages.faults.Write(w, status, map[string]any{
		"Notice": notice, "Orders": s.faults.Orders(), "Kinds": faults.Kinds(), "Upstreams": faults.Upstreams(), "Citizens": s.people.All(),
	})
}

func (s *Sandbox) orderByPage(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControl)
	if cancel := r.PostFormValue("cancel"); cancel != "" {
		number, _ := strconv.Atoi(cancel) // a number that cannot be read names no order
		s.faults.Cancel(number)
		http.Redirect(w, r, "/sandbox/faults/page", http.StatusSeeOther)
		return
	}
	f, err := faultOfForm(r)
	if err == nil {
		_, _, err = s.faults.Add(f)
	}
	if err != nil {
		s.showFaults(w, http.StatusBadRequest, err.Error())
		return
	}
	http.Redirect(w, r, "/sandbox/faults/page", http.StatusSeeOther)
}

func faultOfForm(r *http.Request) (Fault, error) {
	f := Fault{
		Kind: Kind(r.PostFormValue("kind")), Upstream: Upstream(r.PostFormValue("upstream")), Citizen: r.PostFormValue("citizen"),
	}
	var all []error
	for name, into := range map[string]*int{"status": &f.Status, "percent": &f.Percent, "count": &f.Count} {
		if text := r.PostFormValue(name); text != "" {
			n, err := strconv.Atoi(text)
			*into = n
			all = append(all, err)
		}
	}
	for name, into := range map[string]*time.Duration{"delay": &f.Delay, "skew": &f.Skew} {
		if text := r.PostFormValue(name); text != "" {
			d, err := time.ParseDuration(text)
			*into = d
			all = append(all, err)
		}
	}
	return f, errors.Join(all...)
}
