package httpapi

import (
	"mime"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// mayBePage reports whether problems of a path may be pages: the route says so, or
// the address leads nowhere. They need no Vary, because they may not be cached
// (Cache-Control: no-store).
func (s *server) mayBePage(path string) bool { return path == "" || s.browsable[path] }

func wantsPage(c *gin.Context) bool { return requestOf(c).page }

// prefersHTML reports whether an Accept header (RFC 9110, 12.5.1) names HTML and does
// not like JSON better. A wildcard names nothing: that is how programs ask.
func prefersHTML(accept string) bool {
	const longest = 1024
	if len(accept) > longest {
		return false
	}
	var html, json float64
	for _, part := range strings.Split(accept, ",") {
		kind, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, present := parameters["q"]; present {
			if weight, err = strconv.ParseFloat(q, 64); err != nil {
				weight = 0
			}
		}
		switch kind {
		case "text/html", "application/xhtml+xml":
			html = max(html, weight)
		case "application/json", problemType:
			json = max(json, weight)
		}
	}
	return html > 0 && html >= json
}
