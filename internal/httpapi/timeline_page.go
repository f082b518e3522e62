package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/web"
)

const purposeTimelinePage = "timeline page"

// timelinePage is GET /timeline. It walks the road of GET /v1/timeline: read, say,
// release, and only then does a byte of the page leave. The digest in the log is
// over the same content, whatever the page looks like.
func (s *server) timelinePage(c *gin.Context) error {
	r, err := s.read(c, aggregate.Cached, purposeTimelinePage)
	if err != nil {
		return err
	}
	built := s.say(r)
	e := newEnvelope(r)
	content, err := json.Marshal(timelineBody{envelope: e, Summary: built.Summary, Referrals: built.Referrals, Events: built.Events})
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	text, err := s.render(c, s.timelineView(r, built, e))
	if err != nil {
		return err
	}
	if err := s.release(c, r, audit.DataReleased, purposeTimelinePage, content, built.Referrals); err != nil {
		return err
	}
	pageHeaders(c.Writer.Header())
	dataHeaders(c.Writer.Header())
	status := http.StatusOK
	if !r.Complete {
		status = http.StatusMultiStatus
	}
	c.Data(status, TypeHTML, text)
	return nil
}

// refreshTimelinePage is POST /timeline/refresh: the sources are asked anew, and
// the browser is sent to the page, which shows what came. That they were asked
// is logged here, for the page finds their answer kept.
func (s *server) refreshTimelinePage(c *gin.Context) error {
	requestOf(c).SetReturnTo(DefaultReturn)
	r, err := s.read(c, aggregate.Refresh, purposeTimelinePage)
	if err != nil {
		return err
	}
	if asked := s.asked(c, r.Result); len(asked) > 0 {
		if err := s.append(c, asked...); err != nil {
			return err
		}
	}
	c.Header("Cache-Control", "no-store")
	redirect(c, http.StatusSeeOther, DefaultReturn)
	return nil
}

// timelineView is the page's value.
func (s *server) timelineView(r reading, built timeline.Timeline, e *envelope) web.Timeline {
	page := web.Timeline{Told: built, Lang: r.lang, Complete: r.Complete, Notices: e.Notices, Idle: s.d.SessionIdle}
	if r.lang != timeline.English {
		english := timeline.BuildWith(r.Facts, r.observed, r.words, timeline.English, s.d.Now())
		page.English = &english
	}
	for i, each := range r.Sources {
		source := web.Source{Name: each.Name, Stale: each.Status == aggregate.Stale}
		if each.FetchedAt != nil {
			source.FetchedAt = each.FetchedAt.In(s.london)
		}
		if e.Sources[i].Issue != nil {
			source.Issue = e.Sources[i].Issue.Message
		}
		page.Sources = append(page.Sources, source)
	}
	return page
}
