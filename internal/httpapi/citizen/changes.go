package citizen

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

type changesBody struct {
	Changes []timeline.Change `json:"changes"`
	// Next continues after the last change; it stays the same where none came.
	Next *string `json:"next"`
}

// changes is GET /v1/changes?since=&cursor=&limit=: what earlier reads saw change,
// oldest first. It asks no source. What is kept needs the citizen's consent to
// keep it, besides the one to show it.
func (a *API) changes(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	query, err := readChangesQuery(r)
	if err != nil {
		return nil, err
	}
	return a.show(ctx, r, release.Request{Purpose: "changes", Changes: &query}, func(read release.Reading) (release.Content, error) {
		body := changesBody{Changes: timeline.TellChanges(read.Changes, read.Words, read.Lang)}
		if cursor := r.Query("cursor"); cursor != "" {
			body.Next = &cursor
		}
		content := release.Content{Type: httpapi.TypeJSON, Lang: read.Lang}
		for _, change := range read.Changes {
			content.Referrals = append(content.Referrals, change.ReferralID)
			next := history.After(change).String()
			body.Next = &next
		}
		var err error
		if content.Body, err = json.Marshal(body); err != nil {
			return release.Content{}, fmt.Errorf("encode changes: %w", err)
		}
		return content, nil
	})
}

func readChangesQuery(r *httpapi.Request) (history.Query, error) {
	const most, usual = 100, 50
	q := history.Query{Limit: usual}
	var err error
	if text := r.Query("since"); text != "" {
		if q.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return q, problem.New(problem.BadRequest, nil).WithDetail("since must be a time such as 2026-03-31T09:00:00Z.")
		}
	}
	if text := r.Query("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > most {
			return q, problem.New(problem.BadRequest, nil).WithDetail("limit must be a number from 1 to 100.")
		}
	}
	if q.After, err = history.ParseCursor(r.Query("cursor")); err != nil {
		return q, problem.New(problem.BadRequest, nil).WithDetail("cursor is not one that was given here. Start without it.")
	}
	return q, nil
}
