package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/jose"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/organisation"
	"github.com/patient-care-aggregator/aggregator/internal/patientcare"
	"github.com/patient-care-aggregator/aggregator/internal/platform"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
	"github.com/patient-care-aggregator/aggregator/internal/upstream"
)

// How much is kept in memory at most.
const (
	maxReadings = 20_000
	maxHandOffs = 20_000
	maxTokens   = 50_000
	maxServices = 10_000 // of services, and of organisations
)

// A directory entry is better old than missing.
const directoryStale = 7 * 24 * time.Hour

func (w *wiring) tokens(keySet *jose.Keys, out *upstream.Client) *platform.Tokens {
	return platform.New(platform.Deps{
		TokenURL: w.c.Platform.TokenURL, APIKey: w.c.Platform.APIKey, Keys: keySet, HTTP: out,
		Cache: cache.New(memory.New[keys.Secret](maxTokens), w.caching("access-token")),
		Now:   w.o.Now, NewID: w.newID,
	})
}

func (w *wiring) ers(tokens *platform.Tokens, organisations *organisation.Directory, out *upstream.Client, together shared) (*patientcare.Source, error) {
	ers, err := patientcare.New(patientcare.Deps{
		HTTP: out, BaseURL: w.c.ERSBaseURL, Tokens: tokens,
		Services: cache.New(memory.New[patientcare.Service](maxServices), w.directory("service")), Organisations: organisations,
		Budget:   w.budget(together),
		Links:    patientcare.PortalLinks{Hosts: w.c.ManageHosts, AllowHTTP: w.c.PublicURLIsLoopback()},
		Counters: patientcare.Counters{Unreadable: w.metrics.Unreadable, ForeignSubject: w.metrics.ForeignSubject},
		Panics:   w.panics,
	})
	if err != nil {
		return nil, fmt.Errorf("start e-RS: %w", err)
	}
	return ers, nil
}

// sources makes what asks e-RS.
func (w *wiring) sources(ers *patientcare.Source, together shared) (*aggregate.Aggregator, error) {
	var tries cache.Backend[aggregate.Try] // one process remembers its own
	if together.client != nil {
		tries = backend[aggregate.Try](w, together, "try", maxReadings)
	}
	sources, err := aggregate.New(aggregate.Deps{
		Sources: []aggregate.Source{ers}, Readings: backend[aggregate.Reading](w, together, "reading", maxReadings), Tries: tries, Now: w.o.Now,
		Fresh: w.c.TimelineTTL, StaleMax: w.c.TimelineStaleMax, Timeout: sourcesTimeout,
		Observe: w.countCache, Panics: w.panics,
		Failed: func(ctx context.Context, source string, err error) {
			w.o.Log.LogAttrs(ctx, slog.LevelWarn, "source failed",
				slog.String(telemetry.KeyComponent, source), slog.String(telemetry.KeyError, err.Error()))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start sources: %w", err)
	}
	return sources, nil
}

// budget bounds what this deployment asks of e-RS; nil: nothing does.
func (w *wiring) budget(together shared) *patientcare.Budget {
	requests, period, bounded := w.c.Budget()
	if !bounded {
		return nil
	}
	if together.counts == nil {
		return patientcare.NewBudget(requests, period, w.o.Now, nil)
	}
	return patientcare.NewBudget(requests, period, w.o.Now, together.counts)
}

// organisations makes the directory. Without an address to ask it has what comes
// with the service.
func (w *wiring) organisations(words *words, out *upstream.Client) (*organisation.Directory, error) {
	bundled, err := organisation.Bundled()
	if err != nil {
		return nil, fmt.Errorf("start organisations: %w", err)
	}
	d := organisation.Deps{
		Now: w.o.Now, Bundled: bundled, BaseURL: w.c.ODSBaseURL, APIKey: w.c.ODSAPIKey,
		Cache: cache.New(memory.New[referral.Organisation](maxServices), w.directory("organisation")),
		Name: func(raw string) string {
			set, _ := words.current()
			return set.OrganisationName(raw)
		},
		Panics: w.panics,
	}
	if w.c.ODSBaseURL != "" {
		d.HTTP = out
	}
	return organisation.New(d), nil
}

// caching is for a cache without old values.
func (w *wiring) caching(name string) cache.Options {
	return cache.Options{Name: name, Now: w.o.Now, LoadTimeout: signInTimeout, Panics: w.panics, Observe: w.countCache}
}

// directory is a cache that all citizens share and that serves old entries.
func (w *wiring) directory(name string) cache.Options {
	o := w.caching(name)
	o.StaleMax, o.MayServeStale = directoryStale, func(error) bool { return true }
	return o
}
