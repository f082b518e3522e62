package kit

import (
	"bytes"
	"html/template"
	"net/http"
)

// layout is every page: plain, without script, usable by keyboard and screen
// reader, and saying what it is before anything else.
const layout = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{template "title" .}} – SANDBOX, not the NHS</title>
<style>
body { font: 1.1875rem/1.5 sans-serif; margin: 0; color: #212b32; background: #f0f4f5 }
header { background: #5c2d91; color: #fff; padding: .75rem 1rem; font-weight: bold }
main { max-width: 50rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.75rem } h2 { font-size: 1.375rem }
fieldset { border: 0; padding: 0; margin: 0 0 1.5rem } legend { font-weight: bold; padding: 0 }
.choice { display: flex; gap: .75rem; padding: .5rem 0; border-bottom: 1px solid #aeb7bd }
.choice input { width: 1.5rem; height: 1.5rem; flex: none; margin: .1rem 0 0 }
.hint { display: block; color: #425563 }
button { font: inherit; font-weight: bold; padding: .6rem 1rem; margin: 0 .75rem .75rem 0; border: 2px solid #212b32; background: #fff; color: #212b32 }
button.main { background: #00502c; border-color: #00502c; color: #fff }
.notice { border-left: .5rem solid #d5281b; background: #fff; padding: .75rem 1rem }
table { border-collapse: collapse; width: 100%; background: #fff } th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid #aeb7bd }
:focus { outline: 4px solid #ffb81c; outline-offset: 2px; box-shadow: 0 0 0 6px #212b32 }
</style>
</head>
<body>
<header role="banner">SANDBOX, not the NHS. Every person here is made up.</header>
<main>
<h1>{{template "title" .}}</h1>
{{template "main" .}}
</main>
</body>
</html>
`

// Page is a parsed page.
type Page struct{ t *template.Template }

// NewPage parses the definitions of "title" and "main". It panics when they do
// not parse: the text is part of the program.
func NewPage(definitions string) *Page {
	return &Page{t: template.Must(template.Must(template.New("page").Parse(layout)).Parse(definitions))}
}

// Write answers with the page.
func (p *Page) Write(w http.ResponseWriter, status int, data any) {
	var b bytes.Buffer
	if err := p.t.Execute(&b, data); err != nil {
		http.Error(w, "SANDBOX, not the NHS: the page could not be written: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // an error means that the client has gone
}
