package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// Who a staff entry names where nobody could be identified.
const staffUnknown audit.Actor = "staff:unknown"

// staffSignIn is GET /audit/login: it sends the browser to the organisation's own
// OpenID provider.
func (s *server) staffSignIn(c *gin.Context) error {
	address, binding, err := s.d.Auditors.SignIn.Begin(c.Request.Context())
	if err != nil {
		return staffProblem(err)
	}
	s.cookies.setStaff(c, staffBindingCookie, binding, staff.PendingLife)
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusFound, address)
	return nil
}

// staffCallback is GET /audit/callback, where the provider sends the browser back.
// Each end of a sign-in is in the log before the browser hears of it.
func (s *server) staffCallback(c *gin.Context) error {
	member, err := s.finishStaffSignIn(c)
	entry := s.entry(c, audit.SignedIn, audit.Succeeded)
	entry.Actor, entry.Purpose = actorOf(member), "audit"
	if err != nil {
		p := problemOf(staffProblem(err))
		s.d.Metrics.SignIn(string(p.Code))
		entry.Kind, entry.Outcome, entry.Reason = audit.SignInRefused, audit.Refused, string(p.Code)
		if err := s.append(c, entry); err != nil {
			return err
		}
		return p
	}
	if err := s.append(c, entry); err != nil {
		return err
	}
	s.d.Metrics.SignIn("staff_success")
	if old := s.cookies.getStaff(c, staffSessionCookie); old != "" {
		s.d.Auditors.Sessions.End(old)
	}
	secret, _ := s.d.Auditors.Sessions.Start(member)
	s.cookies.setStaff(c, staffSessionCookie, secret, 0)
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusSeeOther, "/audit/session")
	return nil
}

func (s *server) finishStaffSignIn(c *gin.Context) (staff.Member, error) {
	q := c.Request.URL.Query()
	for _, values := range q {
		if len(values) != 1 || len(values[0]) > longestParameter {
			return staff.Member{}, problem.New(problem.StaffSignInFailed, errors.New("a parameter stands twice or is too long"))
		}
	}
	binding := s.cookies.getStaff(c, staffBindingCookie)
	s.cookies.setStaff(c, staffBindingCookie, "", -1)
	return s.d.Auditors.SignIn.Finish(c.Request.Context(), staff.Return{
		State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error"), Issuer: q.Get("iss"), Binding: binding,
	})
}

// staffProblem puts what a staff sign-in can end with into words.
func staffProblem(err error) error {
	var known *problem.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, staff.ErrRole):
		return problem.New(problem.RoleRequired, err)
	case errors.Is(err, staff.ErrRefused):
		return problem.New(problem.StaffSignInFailed, err)
	case errors.Is(err, staff.ErrUnavailable):
		return problem.New(problem.StaffSignInUnavailable, err)
	}
	return problem.New(problem.ServiceUnavailable, err).WithDetail("The sign-in could not be carried through.")
}

type staffView struct {
	Account    string    `json:"account"` // as entries of the log name this person
	SignedInAt time.Time `json:"signedInAt"`
	ExpiresAt  time.Time `json:"expiresAt"`
	// IdleSeconds is how long without a request ends the session.
	IdleSeconds int `json:"idleSeconds"`
}

// staffSession is GET /audit/session: where a sign-in ends.
func (s *server) staffSession(c *gin.Context) error {
	found := mustStaff(c)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, staffView{
		Account: found.Member.Pseudonym, SignedInAt: found.SignedIn.UTC(), ExpiresAt: found.ExpiresAt.UTC(), IdleSeconds: int(staff.Idle.Seconds()),
	})
	return nil
}

// staffSignOut is POST /audit/logout. Signing out twice is harmless.
func (s *server) staffSignOut(c *gin.Context) error {
	if secret := s.cookies.getStaff(c, staffSessionCookie); secret != "" {
		if found, err := s.d.Auditors.Sessions.Find(secret); err == nil {
			s.d.Auditors.Sessions.End(secret)
			entry := s.entry(c, audit.SignedOut, audit.Succeeded)
			entry.Actor, entry.Purpose = actorOf(found.Member), "audit"
			if err := s.append(c, entry); err != nil {
				return err
			}
		}
	}
	s.cookies.setStaff(c, staffSessionCookie, "", -1)
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
	return nil
}

func actorOf(m staff.Member) audit.Actor {
	if m.Pseudonym == "" {
		return staffUnknown
	}
	return audit.Actor(m.Pseudonym)
}
