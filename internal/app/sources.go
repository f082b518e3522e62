package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/cache/memory"
	"github.com/patient-care-aggregator/aggregator/internal/keys"
	"github.com/patient-care-aggregator/aggregator/internal/organisation"
	"github.com/patient-care-aggregator/aggregator/internal/patientcare"
	"github.com/patient-care-aggregator/aggregator/internal/platform"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/telemetry"
)

const (
	// NFR-02 gives 10 s for the whole answer; the sources get most of it.
	sourcesTimeout = 9 * time.Second
	requestTimeout = 8 * time.Second
	signInTimeout  = 5 * time.Second
	maxAnswer      = 8 << 20
	maxDocument    = 1 << 20

	maxReadings = 20_000
	maxTokens   = 50_000
	maxServices = 10_000
	// A directory entry is better old than missing.
	directoryStale = 7 * 24 * time.Hour
)

func (w *wiring) tokens() *platform.Tokens {
	return platform.New(platform.Deps{
		TokenURL: w.c.Platform.TokenURL, APIKey: w.c.Platform.APIKey, Keys: w.platform,
		HTTP:  w.outgoing("api-platform token", signInTimeout, maxDocument, nil),
		Cache: cache.New(memory.New[keys.Secret](maxTokens), w.caching("access-token", signInTimeout)),
		Now:   w.o.Now, NewID: w.newID,
	})
}

// sources makes e-RS, with the directories that it asks, and what asks it.
func (w *wiring) sources(tokens *platform.Tokens) (*aggregate.Aggregator, error) {
	organisations, err := w.organisations()
	if err != nil {
		return nil, err
	}
	ers, err := patientcare.New(patientcare.Deps{
		HTTP: w.outgoing("ers", requestTimeout, maxAnswer, nil), BaseURL: w.c.ERSBaseURL, Tokens: tokens,
		Services: cache.New(memory.New[patientcare.Service](maxServices), w.directory("service")), Organisations: organisations,
		Counters: patientcare.Counters{Unreadable: w.metrics.Unreadable, ForeignSubject: w.metrics.ForeignSubject},
		Panics:   w.panics,
	})
	if err != nil {
		return nil, fmt.Errorf("start e-RS: %w", err)
	}
	sources, err := aggregate.New(aggregate.Deps{
		Sources: []aggregate.Source{ers}, Readings: memory.New[aggregate.Reading](maxReadings), Now: w.o.Now,
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

func (w *wiring) organisations() (*organisation.Directory, error) {
	bundled, err := organisation.Bundled()
	if err != nil {
		return nil, fmt.Errorf("start organisations: %w", err)
	}
	d := organisation.Deps{
		Bundled: bundled, BaseURL: w.c.ODSBaseURL, APIKey: w.c.ODSAPIKey,
		Cache: cache.New(memory.New[referral.Organisation](maxServices), w.directory("organisation")),
		Name: func(raw string) string {
			words, _ := w.app.Words()
			return words.OrganisationName(raw)
		},
		Panics: w.panics,
	}
	if w.c.ODSBaseURL != "" {
		d.HTTP = w.outgoing("ods", signInTimeout, maxDocument, nil)
	}
	return organisation.New(d), nil
}

// directory is a cache that all citizens share and that serves old entries.
func (w *wiring) directory(name string) cache.Options {
	o := w.caching(name, signInTimeout)
	o.StaleMax, o.MayServeStale = directoryStale, func(error) bool { return true }
	return o
}
