package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/sandbox/citizens"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/ers"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/faults"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/kit"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/login"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/ods"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/platform"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/recording"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/registry"
	"github.com/patient-care-aggregator/aggregator/internal/sandbox/staff"
)

// App is an application that the sandbox's NHS systems know.
type App = registry.App

// Fault is one thing to go wrong.
type Fault = faults.Fault

// Kind is what goes wrong.
type Kind = faults.Kind

// Upstream is one of the sandbox's NHS systems.
type Upstream = faults.Upstream

// Order is a fault in force.
type Order = faults.Order

// Request is one request to an NHS system.
type Request = recording.Request

// Citizen is one entry of the catalogue.
type Citizen = citizens.Citizen

// Step is how a referral changed.
type Step = citizens.Step

// Sandbox is one running local NHS. Its methods are safe for concurrent use.
type Sandbox struct {
	opts     Options
	url      string
	clock    *kit.Clock
	ids      *kit.IDs
	ring     *kit.SigningKeys
	apps     *registry.Registry
	keys     *registry.KeySets
	faults   *faults.Set
	recorder *recording.Recorder
	people   *citizens.Catalogue
	login    *login.Login
	platform *platform.Platform
	ers      *ers.ERS
	ods      *ods.ODS
	staff    *staff.Staff
	pages    pages

	server  *http.Server
	stop    context.CancelFunc // ends every request in progress
	serving sync.WaitGroup
	running sync.RWMutex // read-held by each request
}

// Endpoints are the addresses of the NHS systems, for the settings of a service.
type Endpoints struct {
	NHSLoginIssuer string
	TokenURL       string // of the API platform
	ERSBaseURL     string // what precedes /FHIR/R4
	ODSBaseURL     string // what precedes /organisation-data-terminology-api
	StaffIssuer    string
}

// Start listens and serves; the sandbox runs when it returns, until Close is
// called or ctx ends. It fails on an address that is not loopback
// ([ErrNotLoopback]), is taken, or on citizens that cannot be read.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	s := &Sandbox{opts: o, url: "http://" + listener.Addr().String(), clock: kit.NewClock(o.Now)}
	if err := s.build(); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	base, stop := context.WithCancel(ctx)
	s.stop = stop
	s.server = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelError),
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	s.serving.Go(func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.Logger.ErrorContext(base, "sandbox stopped serving", slog.String("error", err.Error()))
		}
	})
	s.serving.Go(func() {
		<-base.Done()
		_ = s.server.Close() // ends the connections; the requests end with the context
	})
	return s, nil
}

func (s *Sandbox) build() error {
	o := s.opts
	source := kit.NewIDs(o.Seed)
	ring, err := kit.OpenSigningKeys()
	if err != nil {
		return err
	}
	s.ids, s.ring = source, ring
	s.people, err = citizens.Open(citizens.Options{Anchor: s.clock.Now(), Stable: source.Stable, Extra: o.Citizens})
	if err != nil {
		return err
	}
	s.apps = &registry.Registry{}
	s.keys = registry.NewKeySets(s.clock.Now)
	s.faults = faults.NewSet(o.Seed)
	s.recorder = recording.New(s.clock.Now, o.Record, o.Logger)
	at := s.Endpoints()
	s.login = login.New(login.Deps{
		Issuer: at.NHSLoginIssuer, AdvertisePKCE: o.AdvertisePKCE, Apps: s.apps, Keys: s.keys, People: s.people,
		Faults: s.faults, Ring: ring, IDs: source, Now: s.clock.Now,
	})
	s.platform = platform.New(platform.Deps{
		TokenURL: at.TokenURL, Issuer: at.NHSLoginIssuer, IDKeys: s.login.PublicKeys, Apps: s.apps, Keys: s.keys,
		People: s.people, IDs: source, Now: s.clock.Now,
	})
	s.ers = ers.New(ers.Deps{
		URL: at.ERSBaseURL, Tokens: s.platform, Apps: s.apps, People: s.people, IDs: source, Limits: o.Limits, Now: s.clock.Now,
	})
	s.ods = &ods.ODS{Apps: s.apps, Directory: s.people}
	s.staff = staff.New(staff.Deps{Issuer: at.StaffIssuer, Apps: s.apps, Ring: ring, IDs: source, Now: s.clock.Now})
	s.pages = newPages()
	return nil
}

// system is one NHS system as the listener sees it.
type system struct {
	upstream Upstream
	routes   []kit.Route
	refuse   func(http.ResponseWriter, *http.Request, int)
}

func (s *Sandbox) handler() http.Handler {
	mux := http.NewServeMux()
	for _, system := range []system{
		{NHSLogin, s.login.Routes(), s.login.Refuse},
		{Platform, s.platform.Routes(), s.platform.Refuse},
		{ERS, s.ers.Routes(), s.ers.Refuse},
		{ODS, s.ods.Routes(), s.ods.Refuse},
		{Staff, s.staff.Routes(), s.staff.Refuse},
	} {
		for _, r := range system.routes {
			faulty := s.faults.Wrap(faults.Route{Upstream: system.upstream, Operation: r.Operation, Who: r.Who, Refuse: system.refuse}, r.Handler)
			mux.Handle(r.Pattern, s.recorder.Wrap(string(system.upstream), r.Operation, faulty))
		}
	}
	s.control(mux)
	return s.guard(mux)
}

// Close ends every request and waits for all of them. It may be called twice.
func (s *Sandbox) Close() {
	s.stop()
	s.serving.Wait()
	s.running.Lock()
	defer s.running.Unlock() // every request has ended
}

// URL is where the sandbox listens, such as http://127.0.0.1:9700.
func (s *Sandbox) URL() string { return s.url }

// Endpoints returns where each NHS system is.
func (s *Sandbox) Endpoints() Endpoints {
	return Endpoints{
		NHSLoginIssuer: s.url + "/nhs-login",
		TokenURL:       s.url + "/oauth2/token",
		ERSBaseURL:     s.url + ers.Base,
		ODSBaseURL:     s.url,
		StaffIssuer:    s.url + "/staff",
	}
}

// Register makes an application known. One with the same client id is replaced.
// It fails when the app cannot be registered as it is written.
func (s *Sandbox) Register(a App) error { return s.apps.Add(a) }

// Order puts a fault in force until cancel is called, or until it was applied
// Count times. It panics on a fault that [Fault.Validate] refuses: that is a
// mistake in the test.
func (s *Sandbox) Order(f Fault) (cancel func()) {
	_, cancel, err := s.faults.Add(f)
	if err != nil {
		panic("sandbox: " + err.Error())
	}
	return cancel
}

// ClearFaults ends every order.
func (s *Sandbox) ClearFaults() { s.faults.Clear() }

// Requests returns what the NHS systems were asked, oldest first.
func (s *Sandbox) Requests() []Request { return s.recorder.All() }

// ForgetRequests empties the recording.
func (s *Sandbox) ForgetRequests() { s.recorder.Clear() }

// Citizens returns the catalogue, by name.
func (s *Sandbox) Citizens() []Citizen { return s.people.All() }

// Citizen returns one entry of the catalogue, or [citizens.ErrUnknown].
func (s *Sandbox) Citizen(name string) (Citizen, error) { return s.people.Find(name) }

// AnswerNext presets who answers the next sign-in that does not name a citizen.
func (s *Sandbox) AnswerNext(citizen string) error { return s.login.AnswerNext(citizen, true) }

// DeclineNext presets a citizen who refuses to share in the next sign-in.
func (s *Sandbox) DeclineNext(citizen string) error { return s.login.AnswerNext(citizen, false) }

// AdvanceCitizen takes one referral to its next written step: that of a booking
// reference, or the first that has a step left when it is empty.
func (s *Sandbox) AdvanceCitizen(name, bookingReference string) (Step, error) {
	return s.people.Advance(name, bookingReference, "")
}

// MoveCitizen takes one referral straight to a state, with what usually goes with it.
func (s *Sandbox) MoveCitizen(name, bookingReference, state string) (Step, error) {
	return s.people.Advance(name, bookingReference, state)
}

// Now is the sandbox's time.
func (s *Sandbox) Now() time.Time { return s.clock.Now() }

// Advance moves the sandbox's clock.
func (s *Sandbox) Advance(d time.Duration) { s.clock.Advance(d) }

// SetClock makes the sandbox's time be t now; it runs on from there.
func (s *Sandbox) SetClock(t time.Time) { s.clock.Set(t) }

// DropKeyCache makes the next use of any app's keys fetch its JWKS URL again.
func (s *Sandbox) DropKeyCache() { s.keys.Drop() }

// RevokeTokens ends every access token of a citizen, of everybody when name is
// empty, and returns how many.
func (s *Sandbox) RevokeTokens(name string) int { return s.platform.RevokeAll(name) }

// SetStaffRoles gives a member of staff other roles from their next sign-in on.
func (s *Sandbox) SetStaffRoles(name string, roles ...string) { s.staff.SetRoles(name, roles...) }

// ForgetStaffSessions signs all staff out of their provider.
func (s *Sandbox) ForgetStaffSessions() { s.staff.ForgetSessions() }
