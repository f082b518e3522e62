package httpapi

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/consent"
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
func (s *server) privacyNotice(c *gin.Context) error {
	n := s.d.Notices.InForce()
	if version, ok := c.GetQuery("version"); ok {
		found, err := s.d.Notices.Find(version)
		if errors.Is(err, consent.ErrNoNotice) {
			return problem.New(problem.NotFound, nil)
		}
		if err != nil {
			return problem.New(problem.Internal, err)
		}
		n = found
	}
	c.Header("Cache-Control", "no-cache")
	c.Header("Content-Language", n.Language)
	c.Header("Vary", "Accept")
	switch {
	case wantsPage(c):
		return s.privacyPage(c, n)
	case strings.HasPrefix(c.GetHeader("Accept"), "text/markdown"):
		c.Data(http.StatusOK, "text/markdown; charset=utf-8", []byte(n.Text))
		return nil
	}
	c.JSON(http.StatusOK, noticeView{
		Version: n.Version, Title: n.Title, Language: n.Language, Scopes: slices.Sorted(maps.Keys(n.HoldsSince)), Digest: n.Digest, Text: n.Text,
	})
	return nil
}

func (s *server) privacyPage(c *gin.Context, n consent.Notice) error {
	notice, err := web.NewNotice(n.Version, n.Language, n.Text)
	if err != nil {
		return err
	}
	page := web.Privacy{Notice: notice, InForce: n.Version == s.d.Notices.InForce().Version}
	text, err := s.pages.Render(web.Frame{}, page)
	if err != nil {
		return err
	}
	pageHeaders(c.Writer.Header())
	c.Data(http.StatusOK, TypeHTML, text)
	return nil
}
