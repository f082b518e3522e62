package httpapi

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

type sessionView struct {
	SignedIn               bool      `json:"signedIn"`
	SignedInAt             time.Time `json:"signedInAt"`
	ExpiresAt              time.Time `json:"expiresAt"`
	IdleSeconds            int       `json:"idleSeconds"` // how long without a request ends it
	ReauthenticationNeeded bool      `json:"reauthenticationNeeded"`
}

// sessionStatus is GET /auth/session. Asking does not keep anyone signed in.
func (s *server) sessionStatus(c *gin.Context) error {
	secret := s.cookies.get(c, s.cookies.session)
	if secret == "" {
		return problem.New(problem.SignInRequired, nil)
	}
	found, err := s.d.Sessions.Peek(c.Request.Context(), secret)
	if err != nil {
		return SessionProblem(err)
	}
	c.Header("Cache-Control", "private, no-store")
	c.JSON(http.StatusOK, sessionView{
		SignedIn: true, SignedInAt: found.SignedInAt.UTC(), ExpiresAt: found.ExpiresAt.UTC(),
		IdleSeconds:            int(s.d.SessionIdle.Seconds()),
		ReauthenticationNeeded: !s.d.Now().Before(found.IDTokenExpires),
	})
	return nil
}

// signOut is POST /auth/logout. Signing out twice is harmless. A form of a page
// ends on the start page.
func (s *server) signOut(c *gin.Context) error {
	if secret := s.cookies.get(c, s.cookies.session); secret != "" {
		entry := s.entry(c, audit.SignedOut, audit.Succeeded)
		entry.Client = client.Web
		if err := s.endSession(c, secret, entry); err != nil && !errors.Is(err, session.ErrNone) {
			return NotLogged(err)
		}
	}
	s.cookies.set(c, s.cookies.session, "", -1)
	s.cookies.set(c, s.cookies.ended, "1", 0)
	c.Header("Cache-Control", "no-store")
	c.Header("Clear-Site-Data", `"cache"`)
	if wantsPage(c) {
		redirect(c, http.StatusSeeOther, "/")
		return nil
	}
	c.Status(http.StatusNoContent)
	return nil
}

// endSession ends a session with its entry and drops what was kept for it.
func (s *server) endSession(c *gin.Context, secret string, entry audit.Entry) error {
	ctx := c.Request.Context()
	found, err := s.d.Sessions.Peek(ctx, secret)
	if err != nil {
		return err
	}
	entry.Citizen = found.Citizen.Ref
	if err := s.d.Sessions.End(ctx, found.ID, entry); err != nil {
		return err
	}
	s.d.ForgetToken(found.IDTokenID)
	s.d.Sources.Forget(found.Citizen.Ref)
	return nil
}
