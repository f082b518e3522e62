package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// Handler answers one request. It returns an [Answer] or an error, never both,
// and never writes by itself: the error is judged once, in [problemOf].
type Handler func(context.Context, *Request) (Answer, error)

// Audience is who a route is for. It decides what is checked before the handler
// runs. The zero value is no one: [New] refuses a route that does not say.
type Audience int

// The audiences.
const (
	// Machines are probes and readers of public keys: nothing is checked or counted.
	Machines Audience = iota + 1
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
	Handler  Handler
}

func (r Route) check() error {
	switch {
	case r.Method == "" || r.Path == "" || r.Handler == nil:
		return fmt.Errorf("route %s %s: method, path and handler are required", r.Method, r.Path)
	case r.Audience < Machines || r.Audience > Members:
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
		if route.Audience == OwnPages && route.Method == http.MethodGet {
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

func (s *server) answer(c *gin.Context, route Route, r *Request) (Answer, error) {
	if err := s.admit(c, route, r); err != nil {
		return nil, err
	}
	return route.Handler(c.Request.Context(), r)
}

// admit checks what the route's audience asks for.
func (s *server) admit(c *gin.Context, route Route, r *Request) error {
	if route.Audience == Machines {
		return nil
	}
	// The narrower limit first: what it refuses does not count under the wider one.
	if err := s.count(c, s.limits.address, s.limits.global); err != nil {
		return err
	}
	if err := s.crossOrigin(c); err != nil {
		return err
	}
	switch route.Audience {
	case Citizens, OwnPages:
		return s.admitCitizen(c, route, r)
	case Members:
		if err := s.staff(c); err != nil {
			return err
		}
		return s.count(c, s.limits.member)
	case Machines, Anybody:
	}
	return nil
}

func (s *server) admitCitizen(c *gin.Context, route Route, r *Request) error {
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
