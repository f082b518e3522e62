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

// accessView is one act on the citizen's information, in words for them.
type accessView struct {
	ID      string      `json:"id"`
	At      time.Time   `json:"at"`
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
// Entries of other citizens cannot come in: the filter is the session's own
// pseudonym, whatever the cursor says. What retention has removed is gone.
func (a *API) accessLog(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	who := r.Caller().Citizen
	page, err := httpapi.ReadLogPage(r.Query("limit"), r.Query("cursor"))
	if err != nil {
		return nil, err
	}
	found, next, err := page.Find(ctx, a.d.AuditLog, audit.Filter{Citizen: who.Ref, Kinds: accessKinds(), NewestFirst: true})
	if err != nil {
		return nil, err
	}
	body := accessLogView{Entries: make([]accessView, len(found)), Next: next}
	words := a.words(r.Lang())
	for i, record := range found {
		e, err := record.Entry()
		if err != nil {
			return nil, httpapi.LogUnreadable(err)
		}
		body.Entries[i] = words.view(e)
		body.Entries[i].ID = who.OpaqueID("access-log", strconv.FormatInt(record.Seq, 10))
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
