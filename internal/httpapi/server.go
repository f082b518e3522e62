package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/web"
)

// Deps are what the API needs; all are required unless said.
type Deps struct {
	Log     *slog.Logger
	Metrics *telemetry.Metrics
	Tracer  trace.Tracer
	Now     func() time.Time
	NewID   func() string // a new UUID

	Sessions *session.Manager
	Audit    audit.Appender
	AuditLog audit.Source
	// Auditors lets staff read the log; nil: every address below /audit is 404.
	Auditors *Auditors

	// Pages are what problems are told in to people.
	Pages *web.Pages

	PublicURL      string // without a trailing slash
	SessionIdle    time.Duration
	TrustedProxies []string // CIDR ranges whose X-Forwarded-For is believed; none by default
	Limits         Limits
	Maintenance    func() bool // true: data routes answer 503
	// Routes are the routes of the packages below this one.
	Routes [][]Route
}

type server struct {
	d       Deps
	cookies cookies
	limits  limiters
	// protection refuses what another site made a browser send.
	protection *http.CrossOriginProtection
	browsable  map[string]bool // paths whose problems may be pages
	pages      *web.Pages
	london     *time.Location
	streams    chan struct{} // holds one for each export under way
}

// New makes the main listener's handler.
func New(d Deps) (http.Handler, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	s := &server{d: d, cookies: newCookies(d.PublicURL), streams: make(chan struct{}, streamsAtOnce), browsable: map[string]bool{}}
	var err error
	if s.limits, err = newLimiters(d.Limits); err != nil {
		return nil, err
	}
	if s.protection, err = newProtection(d.PublicURL); err != nil {
		return nil, err
	}
	limits := s.limits
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	if err := e.SetTrustedProxies(d.TrustedProxies); err != nil {
		return nil, fmt.Errorf("set trusted proxies: %w", err)
	}
	e.Use(s.identify, s.observe, s.recover, s.secureHeaders)
	e.NoRoute(s.handle(notFound))
	e.NoMethod(s.handle(methodNotAllowed))

	if err := s.mount(e, d.Routes); err != nil {
		return nil, err
	}

	web := e.Group("", s.limit(limits.global, limits.address), s.handle(s.crossOrigin))

	// What auditors read of the log.
	s.audits(web)
	return e, nil
}

func (d Deps) check() error {
	missing := []error{d.Auditors.check()}
	for name, absent := range map[string]bool{
		"Log": d.Log == nil, "Metrics": d.Metrics == nil, "Tracer": d.Tracer == nil, "Now": d.Now == nil, "NewID": d.NewID == nil,
		"Sessions": d.Sessions == nil,
		"Pages":    d.Pages == nil,
		"Audit":    d.Audit == nil, "AuditLog": d.AuditLog == nil, "PublicURL": d.PublicURL == "",
		"Maintenance": d.Maintenance == nil,
	} {
		if absent {
			missing = append(missing, errors.New("httpapi needs "+name))
		}
	}
	return errors.Join(missing...)
}
