package patientcare

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// Tokens gives access tokens for e-RS.
type Tokens interface {
	Token(ctx context.Context, a aggregate.Access) (keys.Secret, error)
	// Forget drops one that e-RS refused.
	Forget(idTokenID string)
}

// Organisations knows names and phones by ODS code. It never fails: an unknown
// one comes back with the code alone.
type Organisations interface {
	Find(ctx context.Context, codes []string, correlationID string) map[string]timeline.Organisation
}

// Counters hear what went wrong without costing the request.
type Counters struct {
	Unreadable     func(source, reason string, n int)
	ForeignSubject func()
}

// Deps are what a Source needs; all are required.
type Deps struct {
	HTTP          *upstream.Client
	BaseURL       string // without a trailing slash
	Tokens        Tokens
	Services      *cache.Cache[Service] // shared by all citizens
	Organisations Organisations
	Counters      Counters
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

	// serviceFresh is how long a service of the directory serves: it is the same
	// for every citizen and seldom changes.
	serviceFresh = 24 * time.Hour
	// detailsTimeout bounds the look-ups after the referrals themselves came, so
	// that a slow one costs its own part and not the answer.
	detailsTimeout = 3 * time.Second
	sideBySide     = 8
)

// New needs every field of d.
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

// Read implements aggregate.Source: A001, then A002 for each service side by
// side, then the names of organisations.
func (s *Source) Read(ctx context.Context, a aggregate.Access) (aggregate.Reading, error) {
	body, err := s.askReferrals(ctx, a)
	if err != nil {
		return aggregate.Reading{}, err
	}
	f, err := readBundle(body, a.Citizen.NHSNumber)
	if err != nil {
		if errors.Is(err, errForeignSubject) {
			s.d.Counters.ForeignSubject()
		}
		return aggregate.Reading{}, err
	}
	f.join(s.london)

	details, cancel := context.WithTimeout(ctx, detailsTimeout)
	defer cancel()
	services, lacking := s.services(details, a, f.serviceIDs())
	names := s.d.Organisations.Find(details, organisationCodes(f, services), a.CorrelationID)

	facts := make([]timeline.Facts, len(f.referrals))
	for i, r := range f.referrals {
		facts[i] = adapt(r, a.Citizen, services, names, s.london)
	}
	return s.reading(facts, f, lacking), nil
}

// askReferrals asks once more with a new token when e-RS refuses the one at hand.
func (s *Source) askReferrals(ctx context.Context, a aggregate.Access) ([]byte, error) {
	var body []byte
	for attempt := range 2 {
		token, err := s.d.Tokens.Token(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("read referrals: %w", err)
		}
		body, err = s.client.referrals(ctx, token, a.Citizen.NHSNumber, a.CorrelationID)
		switch {
		case errors.Is(err, errTokenRefused) && attempt == 0:
			s.d.Tokens.Forget(a.IDTokenID)
		case errors.Is(err, errTokenRefused):
			return nil, &aggregate.Failure{Issue: aggregate.Transient, Problem: problem.UpstreamUnavailable, NotStale: true, Cause: err}
		case err != nil:
			return nil, fmt.Errorf("read referrals: %w", err)
		default:
			return body, nil
		}
	}
	return body, nil
}

// services looks services up side by side. lacking counts those that could not be.
func (s *Source) services(ctx context.Context, a aggregate.Access, ids []string) (found map[string]Service, lacking int) {
	found = make(map[string]Service, len(ids))
	var mu sync.Mutex
	var all sync.WaitGroup
	places := make(chan struct{}, sideBySide)
	for _, id := range ids {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			r, err := s.d.Services.Get(ctx, id, cache.Cached, func(ctx context.Context) (Service, time.Duration, error) {
				return s.loadService(ctx, a, id)
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				lacking++
				return
			}
			found[id] = r.Value
		})
	}
	all.Wait()
	return found, lacking
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
	return serviceOf(h), serviceFresh, nil
}

// reading puts together what came and what did not.
func (s *Source) reading(facts []timeline.Facts, f *found, lacking int) aggregate.Reading {
	r := aggregate.Reading{Facts: facts}
	notice := func(code aggregate.NoticeCode, n int, issue aggregate.Issue) {
		if n == 0 {
			return
		}
		r.Notices = append(r.Notices, aggregate.Notice{Code: code, Count: n})
		if !r.Partial {
			r.Partial, r.PartialIssue = true, issue
		}
	}
	items := 0
	for why, n := range f.unreadable {
		s.d.Counters.Unreadable(sourceID, why, n)
		if why != reasonOrphan {
			items += n
		}
	}
	for why, n := range f.counted {
		s.d.Counters.Unreadable(sourceID, why, n)
	}
	if f.missing > 0 {
		s.d.Counters.Unreadable(sourceID, reasonTotal, f.missing)
	}
	notice(aggregate.UnreadableItem, items, aggregate.Structure)
	notice(aggregate.Orphan, f.unreadable[reasonOrphan], aggregate.Structure)
	notice(aggregate.MissingItem, f.missing, aggregate.Structure)
	notice(aggregate.ServiceNotFound, lacking, aggregate.Transient)
	return r
}
