package release

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
)

// entry begins an entry about the request at hand.
func (a *attempt) entry(kind audit.Kind, outcome audit.Outcome) audit.Entry {
	return audit.Entry{
		Kind: kind, At: a.s.d.Now(), Actor: audit.ActorCitizen, Outcome: outcome, CorrelationID: a.q.CorrelationID,
		Citizen: a.q.Caller.Citizen.Ref, Client: a.q.Caller.Client, Purpose: a.q.Purpose,
	}
}

// detachedFor bounds an entry that is written although the request has ended: what
// sources were asked, and that nothing was shown, is true whether or not the client
// still waits.
const detachedFor = 2 * time.Second

func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), detachedFor)
}

// appendEntry writes the entry of a release, with those about the sources and the
// change of the history (nil: none), in one transaction. A guard error comes back as it
// is. If the request ends first, nothing was released, and the entries about the sources
// are written without it.
func (a *attempt) appendEntry(ctx context.Context, change *history.Change, entry audit.Entry) (audit.Written, error) {
	log := a.s.d.Log
	if change != nil {
		log = a.s.d.Recording(change)
	}
	written, err := log.Append(ctx, guardOf(a.q.Caller, a.consent), append(a.asked, entry)...)
	switch {
	case err == nil, audit.IsGuardError(err):
		return written, err //nolint:wrapcheck // Show distinguishes guard errors
	case ctx.Err() != nil && len(a.asked) > 0 && !errors.Is(err, audit.ErrOutcomeUnknown):
		late, cancel := detached(ctx)
		defer cancel()
		if _, lateErr := a.s.d.Log.Append(late, audit.Guard{}, a.asked...); lateErr != nil {
			err = lateErr
		}
	}
	return written, notLogged(err)
}

// refuse logs that nothing was shown, and returns why.
func (a *attempt) refuse(ctx context.Context, outcome audit.Outcome, why error) error {
	return a.refuseBecause(ctx, outcome, a.s.d.Reason(why), why)
}

func (a *attempt) refuseBecause(ctx context.Context, outcome audit.Outcome, reason string, why error) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	entry := a.entry(audit.DataRefused, outcome)
	entry.Reason = reason
	if _, err := a.s.d.Log.Append(ctx, audit.Guard{}, append(a.asked, entry)...); err != nil {
		return notLogged(err)
	}
	return why
}

// overtaken refuses after two decisions that did not last until their entry.
func (a *attempt) overtaken(ctx context.Context, guard error) error {
	k, now := a.q.Caller, a.s.d.Now()
	past := errors.Is(guard, audit.ErrPast) && now.Before(k.Session.ExpiresAt)
	why := sessionEnded(guard)
	switch {
	case past && !now.Before(k.Session.IDTokenExpires):
		why = fmt.Errorf("%w: %w", aggregate.ErrReauthenticate, guard)
	case past, errors.Is(guard, audit.ErrConsentChanged):
		why = &ConsentRequired{Client: k.Client, Missing: a.q.scopes(), Notice: a.consent.Notice}
	}
	return a.refuse(ctx, audit.Refused, why)
}

func sessionEnded(guard error) error { return fmt.Errorf("%w: %w", ErrSessionEnded, guard) }

func notLogged(err error) error { return fmt.Errorf("%w: %w", ErrNotLogged, err) }

// outcomeOf distinguishes what a citizen may not have from what could not be made.
func outcomeOf(err error) audit.Outcome {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrMayBeMissing) {
		return audit.Refused
	}
	return audit.Failed
}

// askedOf makes an entry for each source that this request asked itself, and one more
// where that sent another person's data.
func (a *attempt) askedOf(result aggregate.Result) []audit.Entry {
	var entries []audit.Entry
	for _, source := range result.Sources {
		if !source.Asked {
			continue
		}
		outcome := audit.Succeeded
		if source.Status == referral.SourceFailed || source.Status == referral.SourceStale {
			outcome = audit.Failed
		}
		e := a.entry(audit.UpstreamAsked, outcome)
		e.Actor, e.Purpose, e.Reason = audit.ActorService, source.ID, string(source.Issue)
		entries = append(entries, e)
		if source.Foreign {
			e.Kind, e.Outcome = audit.ForeignData, audit.Refused
			entries = append(entries, e)
		}
	}
	return entries
}

// noteAge puts into an entry how old and how whole what was shown is.
func noteAge(e *audit.Entry, r Reading) {
	e.AsOf = r.At
	for _, source := range r.Sources {
		switch source.Status {
		case referral.SourceStale:
			e.Stale = true
		case referral.SourcePartial, referral.SourceFailed:
			e.Partial = true
		}
		if source.FetchedAt != nil {
			e.Age = max(e.Age, r.At.Sub(*source.FetchedAt).Truncate(time.Second))
		}
	}
}

// seenIn is a reading as the history remembers it: as old as its oldest part.
func seenIn(r aggregate.Result) history.Reading {
	seen := history.Reading{Facts: r.Facts, Complete: r.Complete}
	for _, source := range r.Sources {
		if source.FetchedAt != nil && (seen.At.IsZero() || source.FetchedAt.Before(seen.At)) {
			seen.At = *source.FetchedAt
		}
	}
	return seen
}

func encoded(sum [32]byte) string { return base64.RawURLEncoding.EncodeToString(sum[:]) }
