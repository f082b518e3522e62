package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/nhslogin"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/session"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/web"
)

// Login signs citizens in (internal/nhslogin).
type Login interface {
	Begin(ctx context.Context, prompt string) (nhslogin.Authorization, error)
	Finish(ctx context.Context, a nhslogin.Authorization, code string) (nhslogin.Identity, error)
}

// Sources read citizens' data (internal/aggregate).
type Sources interface {
	Read(ctx context.Context, a aggregate.Access, mode aggregate.Mode) (aggregate.Result, error)
	Forget(ref citizen.Ref)
}

// Consents decide, record and list (internal/consent).
type Consents interface {
	Decide(ctx context.Context, ref citizen.Ref, c client.ID, scopes []consent.Scope) (consent.Decision, error)
	Grant(ctx context.Context, g consent.Grant) (consent.Consent, bool, error)
	Withdraw(ctx context.Context, ref citizen.Ref, id string, by client.ID, correlationID string) (consent.Consent, error)
	List(ctx context.Context, ref citizen.Ref) ([]consent.Consent, error)
	// Forget has the next decision about a citizen read the store.
	Forget(ref citizen.Ref)
}

// History remembers what changed between reads (internal/history). It never costs
// the citizen an answer, and remembers nothing without their consent.
type History interface {
	Observe(ctx context.Context, ref citizen.Ref, id client.ID, seen history.Reading) []referral.Observed
	Changes(ctx context.Context, ref citizen.Ref, id client.ID, q history.Query) ([]referral.Change, error)
}

// CitizenRegistry finds or makes the citizen of an NHS number (internal/citizen).
type CitizenRegistry interface {
	SignIn(ctx context.Context, n citizen.NHSNumber) (citizen.Citizen, error)
}

// Deps are what the API needs; all are required unless said.
type Deps struct {
	Log     *slog.Logger
	Metrics *telemetry.Metrics
	Tracer  trace.Tracer
	Now     func() time.Time
	NewID   func() string // a new UUID

	Login    Login
	SignIns  *session.SignIns
	Sessions *session.Manager
	Citizens CitizenRegistry
	Clients  *client.Registry
	Consents Consents
	Notices  *consent.Notices
	Sources  Sources
	History  History
	Words    func() *timeline.ValueSets
	Audit    audit.Appender
	AuditLog audit.Source
	// Auditors lets staff read the log; nil: every address below /audit is 404.
	Auditors *Auditors
	Receipts *Receipts
	// ForgetToken drops the access token of a sign-in that ended.
	ForgetToken func(idTokenID string)

	// ManageHosts are where citizens may be sent to act on a referral.
	ManageHosts []string
	// AssertIdentity makes a one-time proof of who is signed in, for single sign-on
	// into another NHS service; nil: plain links.
	AssertIdentity func(idTokenID string) (assertion string, expires time.Time, err error)

	// Site is what every page says: who runs the service, and that a test system is one.
	Site web.Site

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
	managed managing
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
	s := &server{d: d, cookies: newCookies(d.PublicURL), managed: managing{at: map[citizen.Ref]time.Time{}}, streams: make(chan struct{}, streamsAtOnce), browsable: map[string]bool{}}
	var err error
	if s.limits, err = newLimiters(d.Limits); err != nil {
		return nil, err
	}
	if s.protection, err = newProtection(d.PublicURL); err != nil {
		return nil, err
	}
	limits := s.limits
	if err := s.makePages(); err != nil {
		return nil, err
	}

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

	// Signing in and out.
	web := e.Group("", s.limit(limits.global, limits.address), s.handle(s.crossOrigin))
	web.GET("/auth/login", s.handle(s.signIn))
	web.GET("/auth/callback", s.handle(s.signInCallback))
	web.GET("/auth/session", s.handle(s.sessionStatus))
	web.POST("/auth/logout", s.handle(s.signOut))
	web.GET("/v1/privacy-notice", s.handle(s.privacyNotice))

	// A citizen's own data.
	own := web.Group("/v1", s.maintenance, s.deadline(AnswerWithin), s.handle(s.caller), s.limit(limits.client, limits.citizen))
	own.GET("/timeline", s.handle(s.deciding(s.timeline)))
	own.POST("/timeline/refresh", s.handle(s.deciding(s.refreshTimeline)))
	own.GET("/referrals", s.handle(s.deciding(s.referrals)))
	own.GET("/referrals/:id", s.handle(s.deciding(s.referral)))
	own.GET("/referrals/:id/manage", s.handle(s.deciding(s.manage)))
	own.POST("/referrals/:id/manage", s.handle(s.deciding(s.manageLink)))
	own.GET("/appointments", s.handle(s.deciding(s.appointments)))
	own.GET("/appointments/:id/calendar.ics", s.handle(s.deciding(s.calendar)))
	own.GET("/changes", s.handle(s.deciding(s.changes)))
	own.GET("/consents", s.handle(s.listConsents))
	own.POST("/consents", s.handle(s.grantConsent))
	own.DELETE("/consents/:id", s.handle(s.withdrawConsent))
	own.GET("/consents/:id/receipt", s.handle(s.consentReceipt))
	own.GET("/access-log", s.handle(s.deciding(s.accessLog)))

	// The same as pages.
	s.pageRoutes(web, limits)

	// What auditors read of the log.
	s.audits(web)
	return e, nil
}

func (d Deps) check() error {
	missing := []error{d.Auditors.check()}
	for name, absent := range map[string]bool{
		"Log": d.Log == nil, "Metrics": d.Metrics == nil, "Tracer": d.Tracer == nil, "Now": d.Now == nil, "NewID": d.NewID == nil,
		"Login": d.Login == nil, "SignIns": d.SignIns == nil, "Sessions": d.Sessions == nil, "Citizens": d.Citizens == nil,
		"Clients": d.Clients == nil, "Consents": d.Consents == nil, "Notices": d.Notices == nil, "Sources": d.Sources == nil, "History": d.History == nil,
		"Words": d.Words == nil, "Audit": d.Audit == nil, "AuditLog": d.AuditLog == nil, "Receipts": d.Receipts == nil, "ForgetToken": d.ForgetToken == nil, "PublicURL": d.PublicURL == "",
		"Maintenance": d.Maintenance == nil,
	} {
		if absent {
			missing = append(missing, errors.New("httpapi needs "+name))
		}
	}
	return errors.Join(missing...)
}
