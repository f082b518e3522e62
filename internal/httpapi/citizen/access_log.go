package citizen

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

type accessLogView struct {
	Entries []accessView `json:"entries"`
	Next    *string      `json:"next"` // null: this was the last page
}

// accessView is one act on the citizen's information, in words for them, or the same
// look of one app several times on one day.
type accessView struct {
	ID      string      `json:"id"`
	At      time.Time   `json:"at"`    // of the last time
	Since   time.Time   `json:"since"` // of the first time; the same where there was one
	Times   int         `json:"times"`
	Who     accessWho   `json:"who"`
	What    accessWhat  `json:"what"`
	Why     *accessWhat `json:"why"` // null: no purpose was recorded
	Allowed bool        `json:"allowed"`
}

type accessWho struct {
	Kind     string     `json:"kind"`     // you, app, auditor, operator, service
	ClientID *client.ID `json:"clientId"` // the app; null: no app took part
	Display  string     `json:"display"`
}

type accessWhat struct {
	Code    string `json:"code"`
	Display string `json:"display"`
}

// accessLog is GET /v1/access-log: who looked at the citizen's information, at
// what, when and why, newest first. It is the citizen's right (UK GDPR, Article
// 15), so it needs their session and no consent. Because it says what is kept
// about them, the look is logged as subject_access before the answer leaves.
//
// Entries of other citizens cannot come in: the filter is the list of the session's own
// citizen, and a cursor opens for its own citizen. What retention has removed is gone.
// An app that asks every minute is one line a day: the log itself stays whole. Of an entry
// that is withheld by law the citizen sees that it is there.
func (a *API) accessLog(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	who := r.Caller().Citizen
	page, err := unsealed(r, who)
	if err != nil {
		return nil, err
	}
	words := a.words(r.Lang())
	lines := folder{limit: page.Limit(), day: func(t time.Time) string { return words.set.Date(t, words.lang).String() }}
	list, err := a.d.AuditLog.ListOf(ctx, who.Ref)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	if lines.withheld, err = a.d.AuditLog.Withheld(ctx, a.d.Now()); err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	next, err := fold(ctx, a.d.AuditLog, audit.Filter{List: list, Kinds: accessKinds(), NewestFirst: true}, page.After(), &lines)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	body := accessLogView{Entries: make([]accessView, len(lines.lines)), Next: sealed(who, next)}
	for i, l := range lines.lines {
		body.Entries[i] = words.view(l.newest)
		body.Entries[i].ID = who.OpaqueID("access-log", strconv.FormatInt(l.seq, 10))
		body.Entries[i].Times, body.Entries[i].Since = l.times, l.since.UTC().Truncate(time.Second)
	}
	written, err := a.d.Release.SubjectAccess(ctx, r.Caller(), r.CorrelationID(), purposeAccessLog)
	if err != nil {
		return nil, err
	}
	return httpapi.LoggedJSON(written, http.StatusOK, body).
		With("Cache-Control", "private, no-store").With("Vary", "Authorization, Cookie, Accept-Language").With("Content-Language", string(r.Lang())), nil
}

func (w accessWords) view(e audit.Entry) accessView {
	return accessView{
		At: e.At.UTC().Truncate(time.Second), Who: w.who(e), What: w.what(e), Why: w.why(e), Allowed: e.Outcome == audit.Succeeded,
	}
}
