package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

//go:embed templates/*.html
var templates embed.FS

// Site is what is the same on every page of a deployment.
type Site struct {
	// Operator is who runs the service and Contact how to reach them: an email
	// address, an https address or words such as a phone number. Both are on every
	// page, as the privacy notice promises.
	Operator, Contact string
	// TestSystem shows on every page that no person here is real.
	TestSystem bool
}

// Frame is what differs around a page from request to request.
type Frame struct {
	SignedIn bool // offers the citizen's own pages and signing out
	// CorrelationID is quoted to support; empty: not shown.
	CorrelationID string
}

// Page is the value of one page: [Start], [Timeline], [Consent], [Privacy] or [Problem].
type Page interface {
	// template names the file of the page.
	template() string
}

// Pages renders pages. It is safe for concurrent use.
type Pages struct {
	site   Site
	assets assets
	made   map[string]*template.Template
}

// New reads the templates and assets that come with the program. It fails where
// nobody is named who runs the service.
func New(s Site) (*Pages, error) {
	if s.Operator == "" || s.Contact == "" {
		return nil, errors.New("new pages: operator and contact are required")
	}
	files, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("new pages: %w", err)
	}
	p := &Pages{site: s, assets: files, made: map[string]*template.Template{}}
	for _, page := range []Page{Start{}, Timeline{}, Consent{}, Privacy{}, Problem{}} {
		name := page.template()
		made, err := template.New("frame.html").Option("missingkey=error").
			ParseFS(templates, "templates/frame.html", "templates/parts.html", "templates/"+name)
		if err != nil {
			return nil, fmt.Errorf("new pages: %w", err)
		}
		p.made[name] = made
	}
	return p, nil
}

// Render makes the whole page. Nothing is cached and nothing is written
// anywhere: the caller decides whether the bytes may leave.
func (p *Pages) Render(f Frame, page Page) ([]byte, error) {
	var out bytes.Buffer
	err := p.made[page.template()].Execute(&out, struct {
		Site
		Frame

		Styles, Icon string
		ContactLink  contactLink
		Page         Page
	}{p.site, f, p.assets.paths["site.css"], p.assets.paths["icon.svg"], linkTo(p.site.Contact), page})
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", page.template(), err)
	}
	return out.Bytes(), nil
}

// contactLink is how to reach the operator by one press; both empty: only words.
type contactLink struct{ Email, Address string }

func linkTo(contact string) contactLink {
	switch {
	case strings.ContainsAny(contact, " \t\n"):
		return contactLink{}
	case strings.HasPrefix(contact, "https://"):
		return contactLink{Address: contact}
	case strings.Contains(contact, "@"):
		return contactLink{Email: contact}
	}
	return contactLink{}
}

// Start is the first page.
type Start struct {
	SignIn string // where signing in begins
	// SignedIn offers the timeline in its place.
	SignedIn bool
	// SignedOut says so to somebody who just did.
	SignedOut bool
	Idle      time.Duration // without activity, until the service signs out by itself
}

func (Start) template() string { return "start.html" }

// IdleMinutes is Idle in words' unit.
func (s Start) IdleMinutes() int { return int(s.Idle.Minutes()) }

// Problem says what could not be done and what a person can do about it.
type Problem struct {
	Title, Detail, NextStep wording.Text
	// SignIn is where to sign in again and then return; empty: that does not help.
	SignIn string
	// Again is where to try once more, and Consent where to decide on sharing;
	// empty: that does not help.
	Again, Consent string
	// Help is where there is help with NHS login; empty: that is not the problem.
	Help string
	// SharingDeclined makes it the no-consent page that NHS login asks for.
	SharingDeclined bool
}

func (Problem) template() string { return "problem.html" }
