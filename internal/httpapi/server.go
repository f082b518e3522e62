package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"
	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
	"github.com/patient-care-aggregator/aggregator/web"
)

// Sessions finds citizens' sessions (internal/session).
type Sessions interface {
	Find(ctx context.Context, secret string) (session.Session, error)
}

// StaffSessions finds sessions of staff (internal/staff).
type StaffSessions interface {
	Find(ctx context.Context, secret string) (staff.Session, error)
}

// Deps are what runs around every request; all are required.
type Deps struct {
	Log      *slog.Logger
	Metrics  *telemetry.Metrics
	Tracer   trace.Tracer
	Now      func() time.Time
	NewID    func() string // a new UUID
	Sessions Sessions
	Staff    StaffSessions
	Problems Problems
	Settings Settings
	// Routes are the routes of the packages below this one.
	Routes [][]Route
}

// Problems are the words of problems; both are required.
type Problems struct {
	Pages *web.Pages          // for people in a browser
	Words func() *wording.Set // those in force
}

// Settings are what a deployment says about its requests.
type Settings struct {
	PublicURL      string   // without a trailing slash; required
	TrustedProxies []string // CIDR ranges whose X-Forwarded-For is believed; by default nobody's is
	Limits         Limits
	// Together counts for all replicas what they limit together; nil: there is one.
	Together    limiter.Store
	Maintenance func() bool // true: what citizens read answers 503; required
}

type server struct {
	d       Deps
	cookies cookies
	limits  limiters
	// protection refuses what another site made a browser send.
	protection *http.CrossOriginProtection
	browsable  map[string]bool // paths whose problems may be pages
	trusted    proxies
	untrusted  sync.Once // says once that a proxy is not trusted
}

// New makes the main listener's handler.
func New(d Deps) (http.Handler, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	s := &server{d: d, cookies: newCookies(d.Settings.PublicURL), browsable: map[string]bool{}}
	var err error
	if s.trusted, err = parseProxies(d.Settings.TrustedProxies); err != nil {
		return nil, err
	}
	if s.limits, err = newLimiters(d.Settings.Limits, s.trusted, d.Settings.Together); err != nil {
		return nil, err
	}
	if s.protection, err = newProtection(d.Settings.PublicURL); err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	if err := e.SetTrustedProxies(nil); err != nil { // [proxies] decides
		return nil, fmt.Errorf("set trusted proxies: %w", err)
	}
	e.Use(s.identify, s.observe, s.recoverPanics, s.secureHeaders)
	e.NoRoute(s.handle(s.notFound))
	e.NoMethod(s.handle(s.methodNotAllowed))

	if err := s.mount(e, d.Routes); err != nil {
		return nil, err
	}

	return e, nil
}

func (d Deps) check() error {
	var missing []error
	for name, absent := range map[string]bool{
		"Log": d.Log == nil, "Metrics": d.Metrics == nil, "Tracer": d.Tracer == nil, "Now": d.Now == nil, "NewID": d.NewID == nil,
		"Sessions": d.Sessions == nil, "Staff": d.Staff == nil, "Problems.Pages": d.Problems.Pages == nil, "Problems.Words": d.Problems.Words == nil,
		"Settings.PublicURL": d.Settings.PublicURL == "", "Settings.Maintenance": d.Settings.Maintenance == nil,
	} {
		if absent {
			missing = append(missing, errors.New("httpapi needs "+name))
		}
	}
	return errors.Join(missing...)
}
