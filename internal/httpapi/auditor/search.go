package auditor

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type searchRequest struct {
	NHSNumber string `json:"nhsNumber"` // ten digits, spaces allowed; MUST NOT be logged
	Reason    string `json:"reason"`    // a code, see subject.Codes
	Case      string `json:"case"`
	Note      string `json:"note"`
	Limit     int    `json:"limit"` // 0: the default
	Cursor    string `json:"cursor"`
}

// search is POST /audit/v1/entries/search: the entries about one citizen.
// The NHS number comes in this body only; the search itself, with its reason,
// is in the citizen's list, where the citizen sees it too.
// A number that no citizen here has returns an empty list, and is logged as well.
func (l *Log) search(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	var in searchRequest
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	number, err := citizen.ParseNHSNumber(strings.ReplaceAll(in.NHSNumber, " ", ""))
	if err != nil {
		return nil, problem.New(problem.BadRequest, nil).WithDetail("nhsNumber must be a valid NHS number of ten digits.")
	}
	why, err := readGround(in.Reason, in.Case, in.Note)
	if err != nil {
		return nil, err
	}
	p, err := httpapi.ReadLogPage(limitOf(in.Limit), in.Cursor)
	if err != nil {
		return nil, err
	}
	about, err := l.d.Citizens.LookUp(ctx, number)
	if err != nil && !errors.Is(err, citizen.ErrNoSubject) {
		return nil, httpapi.LogUnreadable(err)
	}
	written, err := l.reads(ctx, r, "search", lookedUp{citizen: about, why: why})
	if err != nil {
		return nil, err
	}
	if about == "" {
		return httpapi.LoggedJSON(written, http.StatusOK, entriesView{Entries: []entryView{}}), nil
	}
	list, err := l.d.Log.ListOf(ctx, about)
	if err != nil {
		return nil, httpapi.LogUnreadable(err)
	}
	return l.writeEntries(ctx, written, audit.Filter{List: list, NewestFirst: true}, p)
}

// readGround reads why a member of staff does something about a person.
func readGround(code, caseNumber, note string) (subject.Ground, error) {
	why, err := subject.ParseGround(code, caseNumber, note)
	if err != nil {
		text := err.Error()
		return why, problem.New(problem.BadRequest, nil).WithDetail(strings.ToUpper(text[:1]) + text[1:] + ".")
	}
	return why, nil
}

func limitOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
