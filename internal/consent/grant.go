package consent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
)

// Grant is a citizen's act of consenting. It happens only on the consent page.
type Grant struct {
	Citizen citizen.Ref
	Client  client.ID // who may have the data
	Scopes  []Scope   // agreed to in this act
	// NoticeVersion is the version of the notice that the citizen was shown.
	NoticeVersion string
	Channel       string // "web" or "app"
	CorrelationID string
	// IdempotencyKey makes repeating this act harmless; empty: no key.
	IdempotencyKey string
}

// Grant records a citizen's consent. What the client's current consent covers
// already stays: under the same notice it is renewed with the new scopes, under a
// newer one a new consent takes its place and keeps what still holds. created
// reports whether a consent with a new id was made; a renewal or a repeat makes
// no new id. Agreeing within a day to what the consent covers already changes nothing.
//
// The new end is one Life from now, but no later than the old end when scopes
// are kept that were not agreed to in this act.
//
// The language that is recorded is that of the notice: it is what was read,
// whatever language the page around it was in.
//
// Errors: ErrUnknownClient, ErrNoScope, [NoticeOutdated], ErrUnknownScope,
// ErrIdempotencyMismatch, ErrTooManyActs, ErrConflict when too many acts came between, and
// ErrNotRecorded.
func (l *Ledger) Grant(ctx context.Context, g Grant) (c Consent, created bool, err error) {
	asked := slices.Compact(slices.Sorted(slices.Values(g.Scopes)))
	if g.Client == "" || !l.d.Known(g.Client) {
		return Consent{}, false, fmt.Errorf("grant consent: %w", ErrUnknownClient)
	}
	if len(asked) == 0 {
		return Consent{}, false, fmt.Errorf("grant consent: %w", ErrNoScope)
	}
	var id string
	err = l.act(ctx, g.Citizen, g.CorrelationID, func(events []Event) (*Event, error) {
		if done := repeated(events, g.IdempotencyKey); done != nil {
			if !g.matches(*done, asked) {
				return nil, ErrIdempotencyMismatch
			}
			id, created = done.ID, false
			return nil, nil
		}
		e, err := l.granting(events, g, asked)
		if err != nil {
			return nil, err
		}
		if e == nil {
			id, created = latest(replay(events), g.Client).id, false
			return nil, nil
		}
		id, created = e.ID, e.Kind == Granted
		return e, nil
	})
	if err != nil {
		return Consent{}, false, fmt.Errorf("grant consent: %w", notRecorded(err))
	}
	c, err = l.find(ctx, g.Citizen, id)
	if err != nil {
		return Consent{}, false, fmt.Errorf("grant consent: %w", notRecorded(err))
	}
	return c, created, nil
}

const (
	// sameFor is how long agreeing to the same again is no event of its own.
	sameFor = 24 * time.Hour
	// mostActs is how many acts of one citizen an hour may have before they have to wait
	// with another grant. Events stay for ever, and every read replays them.
	mostActs = 20
)

// granting makes the event of a new grant; nil: it would say nothing new.
func (l *Ledger) granting(events []Event, g Grant, asked []Scope) (*Event, error) {
	notice, now := l.d.Notices.InForce(), l.d.Now()
	if g.NoticeVersion != notice.Version {
		return nil, &NoticeOutdated{InForce: notice.Version}
	}
	for _, s := range asked {
		if _, covered := notice.HoldsSince[s]; !covered {
			return nil, ErrUnknownScope
		}
	}
	e := &Event{
		ID: l.d.NewID(), Kind: Granted, Client: g.Client, Scopes: slices.Clone(asked), Asked: asked,
		Notice: notice.Version, NoticeDigest: notice.Digest, Language: notice.Language, Channel: g.Channel,
		At: now, ExpiresAt: now.Add(l.d.Life), IdempotencyKey: g.IdempotencyKey,
	}
	current := latest(replay(events), g.Client)
	if current != nil && current.running(now) && current.notice == notice.Version && e.ExpiresAt.Sub(current.expiresAt) < sameFor &&
		!slices.ContainsFunc(asked, func(s Scope) bool { return !slices.Contains(current.scopes, s) }) {
		return nil, nil
	}
	recent := 0
	for _, other := range events {
		if now.Sub(other.At) < time.Hour {
			recent++
		}
	}
	if recent >= mostActs {
		return nil, ErrTooManyActs
	}
	if current == nil || !current.running(now) {
		return e, nil
	}
	if current.notice == notice.Version {
		e.ID, e.Kind = current.id, Renewed
	}
	for _, s := range current.scopes {
		if current.holds(s, notice) && !slices.Contains(asked, s) {
			e.Scopes = append(e.Scopes, s)
			if current.expiresAt.Before(e.ExpiresAt) {
				e.ExpiresAt = current.expiresAt
			}
		}
	}
	slices.Sort(e.Scopes)
	return e, nil
}

// repeated returns the event recorded under that key; nil when there is none.
func repeated(events []Event, key string) *Event {
	if key == "" {
		return nil
	}
	i := slices.IndexFunc(events, func(e Event) bool { return e.IdempotencyKey == key })
	if i < 0 {
		return nil
	}
	return &events[i]
}

// matches reports whether the event records this same grant.
func (g Grant) matches(e Event, asked []Scope) bool {
	return e.Client == g.Client && slices.Equal(e.Asked, asked) && e.Notice == g.NoticeVersion &&
		e.Channel == g.Channel
}

// find returns the current state of one consent.
func (l *Ledger) find(ctx context.Context, ref citizen.Ref, id string) (Consent, error) {
	events, err := l.known.events(ctx, ref)
	if err != nil {
		return Consent{}, err
	}
	for _, h := range replay(events) {
		if h.id == id {
			return h.consent(l.d.Notices.InForce(), l.d.Now()), nil
		}
	}
	return Consent{}, ErrNoConsent
}
