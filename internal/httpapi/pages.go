package httpapi

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

const (
	// pagePolicy lets a page have its own styles and pictures, send forms to this
	// service, and nothing else: no script, no frame, no other host.
	pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

	// justSignedIn is how young a session is for which signing in once more would
	// only go round in a circle.
	justSignedIn = time.Minute
)

// redirectTarget is the page on which a problem can be resolved; empty when there is no such page.
func (s *server) redirectTarget(c *gin.Context, p *problem.Error) string {
	if !isRead(c.Request.Method) || c.GetHeader("Authorization") != "" {
		return ""
	}
	switch p.Code() {
	case problem.SignInRequired, problem.SessionExpired:
		return SignInAddress(wayBack(c))
	case problem.ReauthenticationRequired:
		if caller, ok := callerOf(c); ok && s.d.Now().Sub(caller.Session.SignedInAt) < justSignedIn {
			return ""
		}
		return SignInAddress(wayBack(c))
	case problem.ConsentRequired:
		return ConsentAddress(wayBack(c))
	default:
		return ""
	}
}

func firstPartyOnly() error { return problem.New(problem.InsufficientScope, nil) }

// wayBack is the path to return to after signing in: the page that was opened,
// the one that a sign-in was begun for, or the timeline.
func wayBack(c *gin.Context) string {
	for _, path := range []string{requestOf(c).returnTo, c.Query("return_to")} {
		if path != "" && IsOwnPath(path) {
			return path
		}
	}
	return DefaultReturn
}
