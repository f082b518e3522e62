package citizen

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

const (
	// foldStep is how many entries are read at a time, and mostFolded how many are for
	// one page: an app that asks all day must not make a page of a year.
	foldStep   = 200
	mostFolded = 2000
)

// line is entries of one day that a citizen reads as one, newest first.
type line struct {
	newest audit.Entry
	seq    int64 // of the newest
	times  int
	since  time.Time // of the oldest
}

// alike is what the entries of a line have in common.
type alike struct {
	kind    audit.Kind
	actor   audit.Actor
	client  client.ID
	outcome audit.Outcome
	purpose string
	reason  string
}

// repeats reports whether entries of a kind are told together: looks, which an app takes
// again and again. Anything else is a line of its own, and nothing is told together
// across it: what a consent ended or began stays visible.
func repeats(k audit.Kind) bool {
	return k == audit.DataReleased || k == audit.DataNotModified || k == audit.DataRefused
}

// folder makes lines of entries, which come newest first.
type folder struct {
	limit int
	day   func(time.Time) string
	// withheld are entries of which the citizen may see only that they are there.
	withheld map[int64]time.Time
	lines    []line
	today    string
	open     map[alike]int // the lines that can take one more entry
}

// add takes the next entry; false: it would begin a line too many, and was not taken.
func (f *folder) add(e audit.Entry, seq int64) bool {
	if _, closed := f.withheld[seq]; closed {
		e = audit.Entry{At: e.At, Kind: wording.WhatWithheld, Actor: audit.ActorService, Outcome: audit.Succeeded}
	}
	if day := f.day(e.At); day != f.today || !repeats(e.Kind) {
		f.today, f.open = day, map[alike]int{}
	}
	key := alike{e.Kind, e.Actor, e.Client, e.Outcome, e.Purpose, e.Reason}
	if at, known := f.open[key]; known {
		f.lines[at].times++
		f.lines[at].since = e.At
		return true
	}
	if len(f.lines) == f.limit {
		return false
	}
	if repeats(e.Kind) {
		f.open[key] = len(f.lines)
	}
	f.lines = append(f.lines, line{newest: e, seq: seq, times: 1, since: e.At})
	return true
}

// fold reads entries until there are as many lines as wanted. next is where to go on;
// the zero Cursor: there is no more.
func fold(ctx context.Context, log audit.Finder, filter audit.Filter, after audit.Cursor, f *folder) (next audit.Cursor, err error) {
	for read := 0; ; {
		found, err := log.Find(ctx, filter, after, foldStep)
		if err != nil {
			return next, err
		}
		for _, r := range found {
			e, err := r.Entry()
			if err != nil {
				return next, err
			}
			if !f.add(e, r.Seq) {
				return after, nil
			}
			after = audit.After(r)
		}
		if read += len(found); len(found) < foldStep {
			return 0, nil
		}
		if read >= mostFolded {
			return after, nil
		}
	}
}

const cursorPurpose = "access-log-cursor"

// sealed is a cursor as the citizen brings it back; nil: there is no next page. It would
// tell how many entries the whole log has.
func sealed(who citizen.Citizen, c audit.Cursor) *string {
	if c == 0 {
		return nil
	}
	text := base64.RawURLEncoding.EncodeToString(who.Seal(cursorPurpose, []byte(c.String())))
	return &text
}

// unsealed reads ?limit= and ?cursor=; only this citizen's own cursor opens.
func unsealed(r *httpapi.Request, who citizen.Citizen) (httpapi.LogPage, error) {
	cursor := r.Query("cursor")
	if cursor != "" {
		box, err := base64.RawURLEncoding.DecodeString(cursor)
		plain, ok := who.Open(cursorPurpose, box)
		if err != nil || !ok {
			plain = []byte("~") // no cursor
		}
		cursor = string(plain)
	}
	return httpapi.ReadLogPage(r.Query("limit"), cursor)
}
