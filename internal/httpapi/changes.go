package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/consent"
	"github.com/patient-care-aggregator/aggregator/internal/history"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

type changesBody struct {
	Changes []timeline.ChangeShown `json:"changes"`
	// Next continues after the last change; it stays the same where none came.
	Next *string `json:"next"`
}

// changes is GET /v1/changes?since=&cursor=&limit=: what earlier reads saw change,
// oldest first. It asks no source. What is kept needs the citizen's consent to
// keep it, besides the one to show it.
func (s *server) changes(c *gin.Context) error {
	const purpose = "changes"
	ctx, caller := c.Request.Context(), mustCaller(c)
	query, err := readChangesQuery(c)
	if err != nil {
		return err
	}
	scopes := []consent.Scope{consent.TimelineRead, consent.HistoryStore}
	decision, err := s.allowed(c, caller, purpose, aggregate.Result{}, scopes...)
	if err != nil {
		return err
	}
	list, err := s.d.History.Changes(ctx, caller.Citizen.Ref, caller.Client, query)
	if errors.Is(err, history.ErrNotAllowed) { // withdrawn since
		if _, err := s.allowed(c, caller, purpose, aggregate.Result{}, scopes...); err != nil {
			return err
		}
	}
	if err != nil {
		return s.refuse(c, problem.New(problem.ServiceUnavailable, err), purpose, aggregate.Result{})
	}
	r := reading{caller: caller, consent: decision, words: s.d.Words(), lang: timeline.ParseLang(c.GetHeader("Accept-Language"))}
	body := changesBody{Changes: timeline.TellChanges(list, r.words, r.lang)}
	if cursor := c.Query("cursor"); cursor != "" {
		body.Next = &cursor
	}
	var shown []timeline.Referral
	for _, each := range list {
		shown = append(shown, timeline.Referral{ID: each.ReferralID})
	}
	if len(list) > 0 {
		next := history.After(list[len(list)-1]).String()
		body.Next = &next
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode changes: %w", err)
	}
	if err := s.release(c, r, audit.DataReleased, purpose, text, shown); err != nil {
		return err
	}
	dataHeaders(c.Writer.Header())
	c.Header("Content-Language", string(r.lang))
	c.Data(http.StatusOK, "application/json; charset=utf-8", text)
	return nil
}

func readChangesQuery(c *gin.Context) (history.Query, error) {
	const most, usual = 100, 50
	q := history.Query{Limit: usual}
	var err error
	if text := c.Query("since"); text != "" {
		if q.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return q, problem.New(problem.BadRequest, nil).WithDetail("since must be a time such as 2026-03-31T09:00:00Z.")
		}
	}
	if text := c.Query("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > most {
			return q, problem.New(problem.BadRequest, nil).WithDetail("limit must be a number from 1 to 100.")
		}
	}
	if q.After, err = history.ParseCursor(c.Query("cursor")); err != nil {
		return q, problem.New(problem.BadRequest, nil).WithDetail("cursor is not one that was given here. Start without it.")
	}
	return q, nil
}

// historyOf is a reading as the history remembers it: as old as its oldest part.
func historyOf(r aggregate.Result) history.Reading {
	seen := history.Reading{Facts: r.Facts, Complete: r.Complete}
	for _, each := range r.Sources {
		if each.FetchedAt != nil && (seen.At.IsZero() || each.FetchedAt.Before(seen.At)) {
			seen.At = *each.FetchedAt
		}
	}
	return seen
}
