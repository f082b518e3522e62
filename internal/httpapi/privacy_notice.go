package httpapi

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
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
// an older one that a consent refers to.
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
	c.JSON(http.StatusOK, noticeView{
		Version: n.Version, Title: n.Title, Language: n.Language, Scopes: slices.Sorted(maps.Keys(n.HoldsSince)), Digest: n.Digest, Text: n.Text,
	})
	return nil
}
