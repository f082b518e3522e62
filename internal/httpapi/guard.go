package httpapi

import (
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

const keyAgain = "pca.again"

// guardOf is what showing a citizen's data to the caller relies on: the decision
// on consent, the session and its ID token.
func guardOf(caller Caller, d consent.Decision) audit.Guard {
	return newGuard(caller, d, d.EndsAt, caller.Session.IDTokenExpires)
}

// ownGuardOf is for what a citizen may see of their own without any consent, as
// long as they are signed in: the access log.
func ownGuardOf(caller Caller, d consent.Decision) audit.Guard { return newGuard(caller, d) }

// newGuard is the only place that makes one.
func newGuard(caller Caller, d consent.Decision, ends ...time.Time) audit.Guard {
	until := caller.Session.ExpiresAt
	for _, end := range ends {
		if end.Before(until) {
			until = end
		}
	}
	return audit.NewGuard(audit.GuardParts{
		Citizen: caller.Citizen.Ref, Client: caller.Client, ConsentSeq: d.NewestEvent,
		Session: caller.Session.ID, Until: until,
	})
}

// deciding runs a handler that shows data, and runs it once more, from the
// beginning, when the store found its decision overtaken. Nothing has been
// written then. What is remembered of the consents may be older than the store's,
// so it is dropped first.
func (s *server) deciding(h func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		err := h(c)
		if !audit.IsGuardError(err) {
			return err
		}
		s.d.Consents.Forget(mustCaller(c).Citizen.Ref)
		c.Set(keyAgain, true)
		return h(c)
	}
}

// appendGuarded writes the entries of an answer durably. When the decision was
// overtaken they are not written, and neither is the answer; that sources were
// asked is still logged, and after the second try the refusal.
func (s *server) appendGuarded(c *gin.Context, g audit.Guard, purpose string, asked []audit.Entry, entry audit.Entry) error {
	_, err := s.d.Audit.Append(c.Request.Context(), g, append(asked, entry)...)
	if err == nil {
		return nil
	}
	if !audit.IsGuardError(err) {
		return NotLogged(err)
	}
	why := s.overtaken(c, err)
	if c.GetBool(keyAgain) {
		refused := s.entry(c, audit.DataRefused, audit.Refused)
		refused.Purpose, refused.Reason = purpose, string(why.Code)
		asked = append(asked, refused)
	}
	if len(asked) > 0 {
		if err := s.append(c, asked...); err != nil {
			return err
		}
	}
	return why
}

// overtaken is the problem of a guard error; it wraps the error, for deciding.
func (s *server) overtaken(c *gin.Context, guard error) *problem.Error {
	caller := mustCaller(c)
	past := errors.Is(guard, audit.ErrPast)
	switch now := s.d.Now(); {
	case errors.Is(guard, audit.ErrConsentChanged):
		return s.consentRequired(caller, []consent.Scope{consent.TimelineRead}, guard)
	case past && now.Before(caller.Session.ExpiresAt) && !now.Before(caller.Session.IDTokenExpires):
		return problem.New(problem.ReauthenticationRequired, guard)
	case past && now.Before(caller.Session.ExpiresAt):
		return s.consentRequired(caller, []consent.Scope{consent.TimelineRead}, guard)
	}
	return problem.New(problem.SessionExpired, guard)
}

func (s *server) consentRequired(caller Caller, missing []consent.Scope, cause error) *problem.Error {
	return problem.New(problem.ConsentRequired, cause).
		With("consentRequest", consentRequest{ClientID: string(caller.Client), Scopes: missing, NoticeVersion: s.d.Notices.InForce().Version}).
		With("consentUrl", s.d.PublicURL+"/consent")
}

// decided is a decision that asks for no scope: only the newest event counts.
func (s *server) decided(c *gin.Context, caller Caller) (consent.Decision, error) {
	d, err := s.d.Consents.Decide(c.Request.Context(), caller.Citizen.Ref, caller.Client, nil)
	if err != nil {
		return d, problem.New(problem.ServiceUnavailable, err)
	}
	return d, nil
}
