package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

// Handler answers one request. It returns an [Answer] or an error, never both,
// and never writes by itself: the error is judged once, in [problemOf].
type Handler func(context.Context, *Request) (Answer, error)

// Audience is who a route is for. It decides what is checked before the handler
// runs. The zero value is no one: [New] refuses a route that does not say.
type Audience int

// The audiences.
const (
	// Probes ask whether the service is up: nothing is checked or counted.
	Probes Audience = iota + 1
	// Machines read public keys and the contract: they are counted by network address.
	Machines
	// Anybody is counted by network address, and a browser must come from our own pages.
	Anybody
	// Citizens are as Anybody, and must be signed in, by cookie or by bearer token.
	// Requests are counted by citizen and by client too.
	Citizens
	// OwnPages are as Citizens, for pages of this service: only a first-party
	// session is let in, and a citizen who opens one and has to sign in or to consent
	// first is sent there.
	OwnPages
	// Members are as Anybody, and must be signed in as a member of staff.
	Members
)

const (
	// AnswerWithin is how long a route for people who are signed in may take: NFR-02
	// requires an answer after 10 s at the latest.
	AnswerWithin = 9800 * time.Millisecond
	// NoDeadline is for routes that bound themselves.
	NoDeadline time.Duration = -1
)

// Route is one address of the service.
type Route struct {
	Method string
	Path   string // segments that vary have a colon: /v1/referrals/:id
	// Audience is who it is for.
	Audience Audience
	// Page reports whether its problems may be pages, for somebody who asks for HTML.
	Page bool
	// Deadline is how long an answer may take. 0: AnswerWithin where somebody must
	// be signed in, otherwise no deadline.
	Deadline time.Duration
	// Takes are the query parameters that it takes, each at most once; a name with a
	// star can be there several times. One that is there is not
	// empty, but for a cursor. Any other is refused by its name: a wrong letter
	// must not make a filter vanish.
	Takes []string
	// Once marks a GET that uses something up, so that HEAD is not served by it.
	Once bool
	// SignIn marks what signs somebody in: each costs a question to a provider and a row
	// in the database, so it has a limit of its own.
	SignIn bool
	// Lenient ignores other query parameters: those that providers add to a callback,
	// and those that mail programs add to the links of pages.
	Lenient bool
	Handler Handler
}

// Taking is the same route with query parameters.
func (r Route) Taking(names ...string) Route {
	r.Takes = names
	return r
}

func (r Route) check() error {
	switch {
	case r.Method == "" || r.Path == "" || r.Handler == nil:
		return fmt.Errorf("route %s %s: method, path and handler are required", r.Method, r.Path)
	case r.Audience < Probes || r.Audience > Members:
		return fmt.Errorf("route %s %s: does not say who it is for", r.Method, r.Path)
	}
	return nil
}

func (r Route) deadline() time.Duration {
	if r.Deadline == 0 && r.Audience >= Citizens {
		return AnswerWithin
	}
	return max(r.Deadline, 0)
}

// mount registers routes.
func (s *server) mount(e *gin.Engine, groups [][]Route) error {
	var errs []error
	for _, group := range groups {
		for _, route := range group {
			if err := route.check(); err != nil {
				errs = append(errs, err)
				continue
			}
			s.browsable[route.Path] = s.browsable[route.Path] || route.Page
			e.Handle(route.Method, route.Path, s.serve(route))
			if route.Method == http.MethodGet && !route.Once { // RFC 9110, 9.3.2: net/http leaves the body out
				e.Handle(http.MethodHead, route.Path, s.serve(route))
			}
		}
	}
	return errors.Join(errs...)
}

// serve runs a route: who calls, the handler, and then one write.
func (s *server) serve(route Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		r := requestOf(c)
		if d := route.deadline(); d > 0 {
			ctx, cancel := context.WithTimeout(c.Request.Context(), d)
			defer cancel()
			c.Request = c.Request.WithContext(ctx)
		}
		if route.Audience == OwnPages && isRead(route.Method) {
			r.SetReturnTo(r.http.URL.RequestURI())
		}
		a, err := s.answer(c, route, r)
		if err != nil {
			s.fail(c, route, err)
			return
		}
		s.write(c, a)
	}
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func (s *server) answer(c *gin.Context, route Route, r *Request) (Answer, error) {
	if err := s.admit(c, route, r); err != nil {
		return nil, err
	}
	if err := route.takes(r.Queries()); err != nil {
		return nil, err
	}
	return route.Handler(c.Request.Context(), r)
}

// takes refuses query parameters that the route does not take.
func (r Route) takes(query url.Values) error {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		many := slices.Contains(r.Takes, name+"*")
		switch {
		case !many && !slices.Contains(r.Takes, name):
			if !r.Lenient {
				return problem.New(problem.BadRequest, nil).WithDetail("There is no query parameter " + quoted(name) + " here." + r.takesWhat())
			}
		case !many && len(query[name]) > 1:
			return problem.New(problem.BadRequest, nil).WithDetail("The query parameter " + quoted(name) + " is there more than once.")
		case !r.Lenient && name != "cursor" && slices.Contains(query[name], ""): // an empty cursor is the beginning
			return problem.New(problem.BadRequest, nil).WithDetail("The query parameter " + quoted(name) + " is there and empty. Leave it out, or give it a value.")
		}
	}
	return nil
}

func (r Route) takesWhat() string {
	if len(r.Takes) == 0 {
		return " It takes none."
	}
	return " It takes: " + strings.ReplaceAll(strings.Join(r.Takes, ", "), "*", "") + "."
}

// quoted is a name that a caller sent, made safe to repeat.
func quoted(name string) string {
	const longest = 40
	safe := strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7f {
			return c
		}
		return '?'
	}, name)
	if len(safe) > longest {
		safe = safe[:longest] + "…"
	}
	return safe
}

// admit checks what the route's audience asks for.
func (s *server) admit(c *gin.Context, route Route, r *Request) error {
	if route.Audience == Probes {
		return nil
	}
	if err := s.count(c, s.limits.address); err != nil {
		return err
	}
	if route.SignIn {
		if err := s.count(c, s.limits.signIn); err != nil {
			return err
		}
	}
	// From narrow to wide: what one limit refuses does not count under a wider one,
	// which others share.
	var err error
	switch route.Audience {
	case Citizens, OwnPages:
		err = s.admitCitizen(c, route, r)
	case Members:
		if err = s.crossOrigin(c); err == nil {
			err = s.staff(c)
		}
		if err == nil {
			err = s.count(c, s.limits.member)
		}
	case Anybody:
		err = s.crossOrigin(c)
	case Probes, Machines:
	}
	if isRateLimited(err) {
		return err
	}
	return cmp.Or(s.count(c, s.limits.global), err)
}

func isRateLimited(err error) bool {
	var p *problem.Error
	return errors.As(err, &p) && p.Code() == problem.RateLimited
}

func (s *server) admitCitizen(c *gin.Context, route Route, r *Request) error {
	if err := s.crossOrigin(c); err != nil {
		return err
	}
	if err := s.maintained(); err != nil {
		return err
	}
	if err := s.caller(c); err != nil {
		return err
	}
	if route.Audience == OwnPages && r.Caller().Via != ViaCookie {
		return firstPartyOnly()
	}
	return s.count(c, s.limits.citizen, s.limits.client)
}

// fail writes an error. A page of our own sends a citizen where the problem can be
// put right.
func (s *server) fail(c *gin.Context, route Route, err error) {
	p := problemOf(err)
	if route.Audience == OwnPages {
		if to := s.redirectTarget(c, p); to != "" {
			c.Set(keyProblem, p)
			c.Header("Cache-Control", "no-store")
			redirect(c, http.StatusSeeOther, to)
			return
		}
	}
	s.tell(c, p)
}
