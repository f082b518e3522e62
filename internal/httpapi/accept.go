package httpapi

import (
	"mime"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

const keyBrowsable = "pca.browsable"

// browsable marks the routes that people open in a browser, and addresses that
// lead nowhere: their problems are pages for those who ask for HTML. They need no
// Vary, for nobody may keep them (Cache-Control: no-store).
func (s *server) browsable(c *gin.Context) {
	switch c.FullPath() {
	case "", "/", "/timeline", "/timeline/refresh", "/consent", "/auth/login", "/auth/callback", "/auth/logout", "/v1/privacy-notice",
		"/v1/referrals/:id/manage", "/v1/appointments/:id/calendar.ics":
		c.Set(keyBrowsable, true)
	}
}

// wantsPage tells that an answer of this route should be a page.
func wantsPage(c *gin.Context) bool {
	return c.GetBool(keyBrowsable) && prefersHTML(c.GetHeader("Accept"))
}

// prefersHTML tells that an Accept header (RFC 9110, 12.5.1) names HTML and does
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
		if q, given := parameters["q"]; given {
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
