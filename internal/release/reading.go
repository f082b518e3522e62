package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/disclosure"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Reading is what is known of a citizen's own referrals, allowed to be shown to
// the client that asked.
type Reading struct {
	aggregate.Result

	// Changes are what earlier reads saw change, where the request asked for that.
	Changes []referral.Change
	// Observed is what earlier reads saw, where the citizen lets it be kept.
	Observed []referral.Observed
	Words    *wording.Set
	Policy   *disclosure.Policy
	Lang     wording.Lang
	At       time.Time // the instant for which everything is shown

	change  *history.Change // what Observed has and the store has not yet; nil: nothing
	counted func(timeline.Counts)
}

// Timeline is the reading in words. What it could not show as it came is counted.
func (r Reading) Timeline() timeline.Timeline {
	in := timeline.Input{Facts: r.Facts, Orphans: r.Orphans, Observed: r.Observed, Sources: r.sources(), Notices: r.Notices}
	built := timeline.Build(in, r.Words, r.Policy, r.Lang, r.At)
	r.counted(built.Counts)
	return built
}

func (r Reading) sources() []referral.Source {
	list := make([]referral.Source, len(r.Sources))
	for i, s := range r.Sources {
		list[i] = s.Source
		list[i].FetchedAt, list[i].LastTry = inSeconds(s.FetchedAt), inSeconds(s.LastTry)
	}
	return list
}

func inSeconds(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	whole := at.UTC().Truncate(time.Second)
	return &whole
}

// envelope is around every JSON answer with a citizen's data: how complete it is
// and where it came from.
type envelope struct {
	AsOf     *time.Time        `json:"asOf"`
	Complete bool              `json:"complete"`
	Sources  []timeline.Source `json:"sources"`
	Notices  []timeline.Notice `json:"notices"`
}

// JSON makes content of an object's members: v is encoded once, behind asOf,
// complete, sources and notices. The content's sum omits asOf and fetchedAt,
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
	dated := envelope{AsOf: &asOf, Complete: r.Complete, Sources: timeline.SourcesInWords(r.sources(), r.Words, r.Lang), Notices: timeline.NoticesInWords(r.Notices, r.Words, r.Lang)}
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
	e.Sources = append([]timeline.Source{}, e.Sources...)
	for i := range e.Sources {
		e.Sources[i].FetchedAt, e.Sources[i].LastTry = nil, nil
	}
	return e
}

// IDs are the ids of all that a timeline tells of, for [Content].
func IDs(t timeline.Timeline) []string {
	ids := make([]string, 0, len(t.Referrals)+len(t.Orphans))
	for i := range t.Referrals {
		ids = append(ids, t.Referrals[i].ID)
	}
	for i := range t.Orphans {
		ids = append(ids, t.Orphans[i].ID)
	}
	return ids
}
