package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// Reading is what is known of a citizen's own referrals, allowed to be shown to
// the client that asked.
type Reading struct {
	aggregate.Result

	// Changes are what earlier reads saw change, where the request asked for that.
	Changes []referral.Change
	// Observed is what earlier reads saw, where the citizen lets it be kept.
	Observed []referral.Observed
	Words    *timeline.ValueSets
	Lang     timeline.Lang
	At       time.Time // the instant of which everything is told

	counted func(timeline.Counts)
}

// Timeline puts the reading into words, under the disclosure policy.
func (r Reading) Timeline() timeline.Timeline {
	built := r.TimelineIn(r.Lang)
	r.counted(built.Counts)
	return built
}

// TimelineIn is Timeline in another language.
func (r Reading) TimelineIn(lang timeline.Lang) timeline.Timeline {
	return timeline.BuildWith(r.Facts, r.Observed, r.Words, lang, r.At)
}

// Source is what one source did, in words.
type Source struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Status    aggregate.Status `json:"status"`
	FetchedAt *time.Time       `json:"fetchedAt"`
	Issue     *Issue           `json:"issue"`
}

// Issue is why a source did not do well, in words.
type Issue struct {
	Code    aggregate.Issue `json:"code"`
	Message string          `json:"message"`
}

// envelope is around every JSON answer with a citizen's data: how complete it is
// and where it came from.
type envelope struct {
	AsOf     *time.Time        `json:"asOf"`
	Complete bool              `json:"complete"`
	Sources  []Source          `json:"sources"`
	Notices  []timeline.Notice `json:"notices"`
}

// SourcesInWords says what each source did.
func (r Reading) SourcesInWords() []Source {
	told := make([]Source, len(r.Sources))
	for i, each := range r.Sources {
		told[i] = Source{ID: each.ID, Name: each.Name, Status: each.Status}
		if each.FetchedAt != nil {
			at := each.FetchedAt.UTC().Truncate(time.Second)
			told[i].FetchedAt = &at
		}
		if each.Issue != "" {
			told[i].Issue = &Issue{each.Issue, r.Words.SourceIssue(string(each.Issue), r.Lang)}
		}
	}
	return told
}

// NoticesInWords says what could not be shown.
func (r Reading) NoticesInWords() []timeline.Notice {
	told := make([]timeline.Notice, len(r.Notices))
	for i, n := range r.Notices {
		told[i] = r.Words.Notice(string(n.Code), n.Count, r.Lang)
	}
	return told
}

// JSON makes content of an object's members: v is encoded once, behind asOf,
// complete, sources and notices. The content's sum leaves out asOf and fetchedAt,
// which change without anything else changing.
func (r Reading) JSON(v any, referrals []string) (Content, error) {
	rest, err := json.Marshal(v)
	if err != nil {
		return Content{}, fmt.Errorf("encode answer: %w", err)
	}
	if len(rest) < len(`{"":0}`) || rest[0] != '{' {
		return Content{}, errors.New("encode answer: not an object with members")
	}
	rest[0] = ','
	asOf := r.At.UTC().Truncate(time.Second)
	dated := envelope{AsOf: &asOf, Complete: r.Complete, Sources: r.SourcesInWords(), Notices: r.NoticesInWords()}
	body, err := dated.open()
	if err != nil {
		return Content{}, err
	}
	undated, err := dated.undated().open()
	if err != nil {
		return Content{}, err
	}
	sum := sha256.New()
	_, _ = sum.Write(undated) // a hash never fails
	_, _ = sum.Write(rest)
	return Content{
		Type: "application/json; charset=utf-8", Body: append(body, rest...), Sum: [32]byte(sum.Sum(nil)), Tagged: true,
		Incomplete: !r.Complete, Lang: r.Lang, Referrals: referrals,
	}, nil
}

// open is the envelope as JSON, without its closing brace.
func (e envelope) open() ([]byte, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return bytes.TrimSuffix(text, []byte("}")), nil
}

// undated is the envelope without what changes by itself.
func (e envelope) undated() envelope {
	e.AsOf = nil
	e.Sources = append([]Source{}, e.Sources...)
	for i := range e.Sources {
		e.Sources[i].FetchedAt = nil
	}
	return e
}

// IDs are the ids of referrals, for [Content].
func IDs(referrals []timeline.Referral) []string {
	ids := make([]string, len(referrals))
	for i, each := range referrals {
		ids[i] = each.ID
	}
	return ids
}
