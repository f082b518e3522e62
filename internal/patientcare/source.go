package patientcare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/fhir"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/panics"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Tokens provides access tokens for e-RS.
type Tokens interface {
	Token(ctx context.Context, a aggregate.Access) (keys.Secret, error)
	// Forget drops a token that e-RS refused.
	Forget(idTokenID string)
}

// Organisations finds names and phones by ODS code. It never fails: a code that is
// not known is missing from the result.
type Organisations interface {
	Find(ctx context.Context, codes []string, correlationID string) map[string]referral.Organisation
}

// Counters count what went wrong without costing the request.
type Counters struct {
	Unreadable     func(source, reason string, n int)
	ForeignSubject func()
}

// Deps are what a Source needs; all but Budget and Panics are required.
type Deps struct {
	HTTP          *upstream.Client
	BaseURL       string // without a trailing slash
	Tokens        Tokens
	Services      *cache.Cache[Service] // shared by all citizens
	Organisations Organisations
	Counters      Counters
	Budget        *Budget // nil: no bound
	Links         PortalLinks
	// Panics hears of a panic in one look-up, which costs that look-up only.
	Panics panics.Handler
}

// Source is e-RS as a source of timeline facts.
type Source struct {
	d      Deps
	client *client
	london *time.Location
}

const (
	sourceID   = "ers-01"
	sourceName = "NHS e-Referral Service"

	// serviceFresh is how long a service of the directory is used: it is the same
	// for every citizen and seldom changes.
	serviceFresh = 24 * time.Hour
	// detailsTimeout bounds the look-ups that follow the referrals themselves, so
	// that a slow one costs its own part and not the answer.
	detailsTimeout = 3 * time.Second
	// detailsSpare is left of the whole time for the answer itself.
	detailsSpare = 250 * time.Millisecond
	sideBySide   = 8
)

// New makes a Source.
func New(d Deps) (*Source, error) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	return &Source{d: d, client: &client{http: d.HTTP, base: d.BaseURL}, london: london}, nil
}

// ID implements aggregate.Source.
func (s *Source) ID() string { return sourceID }

// Name implements aggregate.Source.
func (s *Source) Name() string { return sourceName }

// Read implements aggregate.Source: A001, then A002 for each service, side by
// side, then the names of organisations.
func (s *Source) Read(ctx context.Context, a aggregate.Access) (aggregate.Reading, error) {
	body, err := s.askReferrals(ctx, a)
	if err != nil {
		return aggregate.Reading{}, err
	}
	f, err := readBundle(body, a.Citizen.NHSNumber)
	if err != nil {
		if errors.Is(err, fhir.ErrForeignSubject) {
			s.d.Counters.ForeignSubject()
		}
		return aggregate.Reading{}, err
	}
	f.join(s.london)

	details, cancel := withDetailsTimeout(ctx)
	services := s.services(details, a, f.serviceIDs())
	cancel()
	// Names have a time limit of their own: a slow service may have used up the first.
	details, cancel = withDetailsTimeout(ctx)
	defer cancel()
	names := s.d.Organisations.Find(details, organisationCodes(f, services), a.CorrelationID)

	for _, r := range f.referrals {
		if link := s.d.Links.allowed(r.ManageURL); link != r.ManageURL {
			if link == "" {
				f.noteMissing(referral.UnreadablePart, reasonLink, 1)
			}
			r.ManageURL = link
		}
	}
	adapted := func(list []*foundReferral) []referral.Facts {
		facts := make([]referral.Facts, len(list))
		for i, r := range list {
			facts[i] = adapt(r, a.Citizen, services, names, s.london)
		}
		return facts
	}
	for _, r := range f.withOrphans() {
		if services[r.serviceID()].Lost {
			f.noteMissing(referral.UnreadablePart, reasonPart, 1)
		}
	}
	if n := f.withoutService(services); n > 0 {
		f.noteMissing(referral.ServiceNotFound, reasonService, n)
	}
	return s.reading(adapted(f.referrals), adapted(f.orphans), f), nil
}

// withDetailsTimeout ends the look-ups early enough to answer without them.
func withDetailsTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		early, cancelEarly := context.WithDeadline(ctx, end.Add(-detailsSpare))
		ctx, cancel := context.WithTimeout(early, detailsTimeout)
		return ctx, func() { cancel(); cancelEarly() }
	}
	return context.WithTimeout(ctx, detailsTimeout)
}

// askReferrals asks a second time, with a new token, when e-RS refuses the first.
func (s *Source) askReferrals(ctx context.Context, a aggregate.Access) ([]byte, error) {
	var body []byte
	for attempt := range 2 {
		token, err := s.d.Tokens.Token(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("read referrals: %w", err)
		}
		if err := s.d.Budget.spend(ctx, a.Again); err != nil {
			return nil, fmt.Errorf("read referrals: %w", err)
		}
		body, err = s.client.referrals(ctx, token, a.Citizen.NHSNumber, a.CorrelationID)
		switch {
		case errors.Is(err, errTokenRefused) && attempt == 0:
			s.d.Tokens.Forget(a.IDTokenID)
		case errors.Is(err, errTokenRefused):
			return nil, &aggregate.Failure{Issue: referral.IssueTransient, NotStale: true, Cause: err}
		case err != nil:
			return nil, fmt.Errorf("read referrals: %w", err)
		default:
			return body, nil
		}
	}
	return body, nil
}

// services looks services up side by side. One that cannot be found is missing
// from the result.
func (s *Source) services(ctx context.Context, a aggregate.Access, ids []string) map[string]Service {
	found := make(map[string]Service, len(ids))
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(sideBySide)
	for _, id := range ids {
		all.Go(func() error {
			// The panic is contained because it would end the process from here.
			_ = s.d.Panics.Contain(ctx, "find service", func() error {
				r, err := s.d.Services.Get(ctx, id, func(ctx context.Context) (Service, time.Duration, error) {
					return s.loadService(ctx, a, id)
				})
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					found[id] = r.Value
				}
				return nil
			})
			return nil // a service that is not found costs its own part only
		})
	}
	_ = all.Wait() // none of them returns an error
	return found
}

func (s *Source) loadService(ctx context.Context, a aggregate.Access, id string) (Service, time.Duration, error) {
	token, err := s.d.Tokens.Token(ctx, a)
	if err != nil {
		return Service{}, 0, fmt.Errorf("read service: %w", err)
	}
	h, err := s.client.service(ctx, token, id, a.CorrelationID)
	if err != nil {
		return Service{}, 0, fmt.Errorf("read service: %w", err)
	}
	if h.ID != id {
		return Service{}, 0, &aggregate.Failure{Issue: referral.IssueStructure, Cause: errors.New("e-RS answered with another service than the one asked for")}
	}
	return serviceOf(h), serviceFresh, nil
}

// reading is the facts, with a notice of everything that is missing in them.
func (s *Source) reading(facts, orphans []referral.Facts, f *found) aggregate.Reading {
	r := aggregate.Reading{Facts: facts, Orphans: orphans}
	for _, reasons := range []map[string]int{f.unreadable, f.counted, f.parts} {
		for why, n := range reasons {
			s.d.Counters.Unreadable(sourceID, why, n)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(f.notices)) {
		r.Notices = append(r.Notices, referral.Notice{Code: code, Count: f.notices[code]})
		issue := referral.IssueStructure
		if code == referral.ServiceNotFound {
			issue = referral.IssueTransient
		}
		if r.PartialIssue != referral.IssueStructure { // the more serious one
			r.Partial, r.PartialIssue = true, issue
		}
	}
	return r
}
