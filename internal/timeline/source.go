package timeline

import (
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Source is where a part of the answer comes from.
type Source struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"` // ok, stale, partial or failed
	// FetchedAt is when the source was read; nil when there is no reading.
	FetchedAt *time.Time `json:"fetchedAt"`
	// LastTry is how asking it ended last; nil when it was never asked.
	LastTry *Try   `json:"lastTry"`
	Issue   *Issue `json:"issue"` // nil when nothing went wrong
}

// Issue is what went wrong with a source.
type Issue struct {
	Code    string       `json:"code"` // of NFR-08
	Message wording.Text `json:"message"`
}

// Notice says in the answer itself that something is not shown.
type Notice struct {
	Code    string       `json:"code"`
	Message wording.Text `json:"message"`
	Count   int          `json:"count"`
}

// SourcesInWords says how the sources did.
func SourcesInWords(list []referral.Source, words *wording.Set, lang wording.Lang) []Source {
	shown := make([]Source, len(list))
	for i, s := range list {
		shown[i] = Source{ID: s.ID, Name: s.Name, Status: string(s.Status), FetchedAt: s.FetchedAt, LastTry: tryOf(s)}
		if s.Issue != "" {
			shown[i].Issue = &Issue{Code: string(s.Issue), Message: words.SourceIssue(string(s.Issue), lang)}
		}
	}
	return shown
}

// Try is one time that a source was asked.
type Try struct {
	At time.Time `json:"at"`
	OK bool      `json:"ok"` // it answered; not all of it may be readable
}

func tryOf(s referral.Source) *Try {
	switch {
	case s.LastTry != nil:
		return &Try{At: *s.LastTry}
	case s.FetchedAt != nil:
		return &Try{At: *s.FetchedAt, OK: true}
	}
	return nil
}

// NoticesInWords says what is not shown. A count below 1 is taken for 1.
func NoticesInWords(list []referral.Notice, words *wording.Set, lang wording.Lang) []Notice {
	shown := make([]Notice, len(list))
	for i, n := range list {
		count := max(n.Count, 1)
		shown[i] = Notice{Code: string(n.Code), Message: words.Notice(string(n.Code), count, lang), Count: count}
	}
	return shown
}
