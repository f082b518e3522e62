package release

import (
	"context"
	"errors"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/session"
)

// guardOf is what showing a citizen's data to the caller relies on: the decision
// on consent, the session and its ID token.
func guardOf(k session.Caller, d consent.Decision) audit.Guard {
	return newGuard(k, d, d.EndsAt, k.Session.IDTokenExpires)
}

// newGuard makes every guard of the service.
func newGuard(k session.Caller, d consent.Decision, ends ...time.Time) audit.Guard {
	until := k.Session.ExpiresAt
	for _, end := range ends {
		if end.Before(until) {
			until = end
		}
	}
	return audit.NewGuard(audit.GuardParts{
		Citizen: k.Citizen.Ref, Client: k.Client, ConsentSeq: d.NewestEvent, Session: k.Session.ID, Until: until,
	})
}

// SubjectAccess logs that a citizen is shown what is kept about them, which needs
// their session and no consent. Until it has returned nil, nothing may be shown.
// Errors: ErrSessionEnded, ErrNotLogged, ErrUnavailable.
func (s *Service) SubjectAccess(ctx context.Context, k session.Caller, correlationID, purpose string) (audit.Written, error) {
	written, err := s.subjectAccess(ctx, k, correlationID, purpose)
	if audit.IsGuardError(err) {
		s.d.Consents.Forget(k.Citizen.Ref)
		written, err = s.subjectAccess(ctx, k, correlationID, purpose)
	}
	switch {
	case err == nil:
		return written, nil
	case errors.Is(err, audit.ErrConsentChanged): // again and again: it says nothing about the session
		return audit.Written{}, Unavailable(err)
	case audit.IsGuardError(err):
		return audit.Written{}, sessionEnded(err)
	}
	return audit.Written{}, err
}

func (s *Service) subjectAccess(ctx context.Context, k session.Caller, correlationID, purpose string) (audit.Written, error) {
	// No scope is asked for: only the newest event counts.
	decision, err := s.d.Consents.Decide(ctx, k.Citizen.Ref, k.Client, nil)
	if err != nil {
		return audit.Written{}, Unavailable(err)
	}
	a := attempt{s: s, q: Request{Caller: k, CorrelationID: correlationID, Purpose: purpose}}
	written, err := s.d.Log.Append(ctx, newGuard(k, decision), a.entry(audit.SubjectAccess, audit.Succeeded))
	if err != nil && !audit.IsGuardError(err) {
		err = notLogged(err)
	}
	return written, err
}
