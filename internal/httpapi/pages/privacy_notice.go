package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/web"
)

type noticeView struct {
	Version  string          `json:"version"`
	Title    string          `json:"title"`
	Language string          `json:"language"`
	Scopes   []consent.Scope `json:"scopes"`
	Digest   string          `json:"digest"` // SHA-256 of the notice's file, in hex: what a consent refers to
	Text     string          `json:"text"`   // Markdown
}

// privacyNotice is GET /v1/privacy-notice: the notice in force, or with ?version=
// an older one that a consent refers to. It comes as JSON, as its Markdown, or as
// a page, as the Accept header asks.
func (p *Pages) privacyNotice(_ context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	n := p.d.Notices.InForce()
	if r.Queries().Has("version") {
		found, err := p.d.Notices.Find(r.Query("version"))
		if errors.Is(err, consent.ErrNoNotice) {
			return nil, problem.New(problem.NotFound, nil)
		}
		if err != nil {
			return nil, err
		}
		n = found
	}
	answer, err := p.noticeAs(r, n)
	if err != nil {
		return nil, err
	}
	return answer.With("Cache-Control", "no-cache").With("Vary", "Accept"), nil
}

func (p *Pages) noticeAs(r *httpapi.Request, n consent.Notice) (httpapi.Answer, error) {
	switch {
	case r.WantsPage():
		return p.noticePage(n)
	case strings.HasPrefix(r.Header("Accept"), "text/markdown"):
		return httpapi.Public(http.StatusOK, "text/markdown; charset=utf-8", []byte(n.Text)).With("Content-Language", n.Language), nil
	}
	text, err := json.Marshal(noticeView{
		Version: n.Version, Title: n.Title, Language: n.Language, Scopes: slices.Sorted(maps.Keys(n.HoldsSince)), Digest: n.Digest, Text: n.Text,
	})
	if err != nil {
		return nil, fmt.Errorf("encode privacy notice: %w", err)
	}
	return httpapi.PublicTagged(r, httpapi.TypeJSON, text, n.Digest).With("Content-Language", n.Language), nil
}

func (p *Pages) noticePage(n consent.Notice) (httpapi.Answer, error) {
	notice, err := web.NewNotice(n.Version, n.Language, n.Text)
	if err != nil {
		return nil, err
	}
	page := web.Privacy{Notice: notice, InForce: n.Version == p.d.Notices.InForce().Version}
	text, err := p.d.Web.Render(web.Frame{}, page)
	if err != nil {
		return nil, err
	}
	return httpapi.Public(http.StatusOK, httpapi.TypeHTML, text), nil
}
