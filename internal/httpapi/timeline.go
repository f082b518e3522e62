package httpapi

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/cache"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

type timelineBody struct {
	*envelope

	Summary   timeline.Summary    `json:"summary"`
	Referrals []timeline.Referral `json:"referrals"`
	Events    []timeline.Event    `json:"events"`
}

// timeline is GET /v1/timeline.
func (s *server) timeline(c *gin.Context) error { return s.showTimeline(c, aggregate.Cached) }

// refreshTimeline is POST /v1/timeline/refresh: the sources are asked even if
// what is kept is still fresh.
func (s *server) refreshTimeline(c *gin.Context) error { return s.showTimeline(c, aggregate.Refresh) }

// showTimeline is the whole way from a known caller to the answer: read, which
// decides on consent and asks the sources; say, which puts it into words; and
// release, which logs it durably. Only then does a byte of it leave.
func (s *server) showTimeline(c *gin.Context, mode aggregate.Mode) error {
	const purpose = "timeline"
	r, err := s.read(c, mode, purpose)
	if err != nil {
		return err
	}
	built := s.say(r)
	return s.show(c, r, purpose, built.Referrals, func(e *envelope) any {
		return timelineBody{e, built.Summary, built.Referrals, built.Events}
	})
}

// reading is what the sources know of the caller's own referrals, allowed to be
// shown to this client.
type reading struct {
	aggregate.Result

	caller   Caller
	consent  consent.Decision
	observed []referral.Observed // what earlier reads saw, where the citizen lets it be kept
	words    *timeline.ValueSets
	lang     timeline.Lang
}

// read decides on consent, asks the sources, and decides once more: the citizen
// may have withdrawn while the sources were asked.
func (s *server) read(c *gin.Context, mode aggregate.Mode, purpose string) (reading, error) {
	caller := mustCaller(c)
	if s.managed.recently(caller.Citizen.Ref, s.d.Now()) {
		mode = aggregate.Refresh
	}
	if _, err := s.allowed(c, caller, purpose, aggregate.Result{}, consent.TimelineRead); err != nil {
		return reading{}, err
	}
	result, err := s.readSources(c.Request.Context(), caller, correlationID(c), mode)
	if err != nil {
		return reading{}, s.refuse(c, err, purpose, result)
	}
	decision, err := s.allowed(c, caller, purpose, result, consent.TimelineRead)
	if err != nil {
		return reading{}, err
	}
	return reading{
		Result: result, caller: caller, consent: decision,
		observed: s.d.History.Observe(c.Request.Context(), caller.Citizen.Ref, caller.Client, historyOf(result)),
		words:    s.d.Words(), lang: timeline.ParseLang(c.GetHeader("Accept-Language")),
	}, nil
}

// readSources asks, and once more if what came was purged on its way: another
// of the citizen's apps lost its consent, this one has its own.
func (s *server) readSources(ctx context.Context, caller Caller, correlationID string, mode aggregate.Mode) (aggregate.Result, error) {
	result, err := s.d.Sources.Read(ctx, accessOf(caller, correlationID), mode)
	if errors.Is(err, cache.ErrPurged) {
		result, err = s.d.Sources.Read(ctx, accessOf(caller, correlationID), mode)
	}
	return result, err
}

// say puts a reading into words, under the disclosure policy.
func (s *server) say(r reading) timeline.Timeline {
	built := timeline.BuildWith(r.Facts, r.observed, r.words, r.lang, s.d.Now())
	for kind, count := range built.Counts.Unknown {
		s.d.Metrics.UnknownCode(string(kind), count)
	}
	return built
}

// allowed decides whether this client may have the citizen's data, and logs it if
// not. The error carries what to ask the citizen for.
func (s *server) allowed(c *gin.Context, caller Caller, purpose string, asked aggregate.Result, scopes ...consent.Scope) (consent.Decision, error) {
	d, err := s.d.Consents.Decide(c.Request.Context(), caller.Citizen.Ref, caller.Client, scopes)
	if err != nil {
		return d, problem.New(problem.ServiceUnavailable, err)
	}
	if d.Allowed {
		return d, nil
	}
	entry := s.entry(c, audit.DataRefused, audit.Refused)
	entry.Purpose, entry.Reason = purpose, string(d.Reason)
	if err := s.append(c, append(s.asked(c, asked), entry)...); err != nil {
		return d, err
	}
	return d, s.consentRequired(caller, d.Missing, nil)
}

// refuse logs that nothing could be shown, and why.
func (s *server) refuse(c *gin.Context, why error, purpose string, asked aggregate.Result) error {
	entry := s.entry(c, audit.DataRefused, audit.Failed)
	entry.Purpose, entry.Reason = purpose, string(problemOf(why).Code)
	if err := s.append(c, append(s.asked(c, asked), entry)...); err != nil {
		return err
	}
	return why
}

// release logs that content about these referrals is going out. Until it has
// returned nil, nothing may.
func (s *server) release(c *gin.Context, r reading, kind audit.Kind, purpose string, content []byte, shown []timeline.Referral) error {
	entry := s.entry(c, kind, audit.Succeeded)
	entry.Purpose, entry.Consent = purpose, r.consent.ConsentID
	entry.Policy, entry.ValueSets = r.words.PolicyVersion(), r.words.Version()
	entry.Digest = encoded(r.caller.Citizen.KeyedDigest("audit-answer", content))
	for _, each := range shown {
		entry.Referrals = append(entry.Referrals, encoded(r.caller.Citizen.KeyedDigest("audit-referral", []byte(each.ID))))
	}
	return s.appendGuarded(c, guardOf(r.caller, r.consent), purpose, s.asked(c, r.Result), entry)
}

// asked gives an entry for each source that was asked itself.
func (s *server) asked(c *gin.Context, result aggregate.Result) []audit.Entry {
	var entries []audit.Entry
	for _, source := range result.Sources {
		if !source.Asked {
			continue
		}
		outcome := audit.Succeeded
		if source.Status == aggregate.Failed || source.Status == aggregate.Stale {
			outcome = audit.Failed
		}
		e := s.entry(c, audit.UpstreamAsked, outcome)
		e.Actor, e.Purpose, e.Reason = audit.ActorService, source.ID, string(source.Issue)
		entries = append(entries, e)
	}
	return entries
}

func encoded(sum [32]byte) string { return base64.RawURLEncoding.EncodeToString(sum[:]) }
