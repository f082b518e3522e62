package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/web"
)

const (
	// pagePolicy lets a page have its own styles and pictures, send forms to this
	// service, and nothing else: no script, no frame, no other host.
	pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

	// justSignedIn is how young a session is for which signing in once more would
	// only go round in a circle.
	justSignedIn = time.Minute
)

// makePages reads the pages' templates.
func (s *server) makePages() error {
	var err error
	if s.london, err = time.LoadLocation("Europe/London"); err != nil {
		return fmt.Errorf("read London time: %w", err)
	}
	s.pages, err = web.New(s.d.Site)
	return err
}

// pageRoutes are the pages, below what guards every route for browsers.
func (s *server) pageRoutes(guarded *gin.RouterGroup, limits limiters) {
	guarded.GET("/", s.page(s.startPage))
	guarded.GET("/assets/:name", s.handle(s.asset))

	own := guarded.Group("", s.maintenance, s.deadline(AnswerWithin), s.page(s.ownPages), s.limit(limits.client, limits.citizen))
	own.GET("/timeline", s.page(s.deciding(s.timelinePage)))
	own.POST("/timeline/refresh", s.page(s.refreshTimelinePage))
	own.GET("/consent", s.page(s.consentPage))
	own.POST("/consent", s.page(s.decideConsent))
}

// page runs the handler of a page. Who opens one and has to sign in, or to decide
// on sharing, is sent there and back; what else goes wrong is told as a problem.
// Only opening sends: a browser does not follow a form to NHS login, for
// form-action holds for redirects too.
func (s *server) page(h func(*gin.Context) error) gin.HandlerFunc {
	return s.handle(func(c *gin.Context) error {
		if r := requestOf(c); c.Request.Method == http.MethodGet && r.returnTo == "" {
			r.SetReturnTo(c.Request.URL.RequestURI())
		}
		err := h(c)
		if err == nil {
			return nil
		}
		p := problemOf(err)
		to := s.elsewhere(c, p)
		if to == "" {
			return err
		}
		c.Set(keyProblem, p)
		c.Header("Cache-Control", "no-store")
		redirect(c, http.StatusSeeOther, to)
		c.Abort()
		return nil
	})
}

// elsewhere is where a problem is put right; empty: nowhere.
func (s *server) elsewhere(c *gin.Context, p *problem.Error) string {
	if c.Request.Method != http.MethodGet || c.GetHeader("Authorization") != "" {
		return ""
	}
	switch p.Code {
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

// ownPages lets only a first-party session in: an app's token opens no page.
func (s *server) ownPages(c *gin.Context) error {
	if err := s.caller(c); err != nil {
		return err
	}
	if mustCaller(c).Via != ViaCookie {
		return firstPartyOnly()
	}
	return nil
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

func (s *server) render(c *gin.Context, page web.Page) ([]byte, error) {
	_, signedIn := callerOf(c)
	text, err := s.pages.Render(web.Frame{SignedIn: signedIn}, page)
	if err != nil {
		return nil, fmt.Errorf("make page: %w", err)
	}
	return text, nil
}

// asset is GET /assets/{name}: a style or picture of the pages. Its name changes
// with its content, so browsers may keep it.
func (s *server) asset(c *gin.Context) error {
	found, ok := s.pages.Asset(c.Param("name"))
	if !ok {
		return problem.New(problem.NotFound, nil)
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, found.ContentType, found.Content)
	return nil
}
