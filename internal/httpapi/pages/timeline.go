package pages

import (
	"context"
	"net/http"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/referral"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/web"
)

func request(r *httpapi.Request) release.Request {
	return release.Request{Caller: r.Caller(), CorrelationID: r.CorrelationID(), Lang: r.Lang(), Purpose: "timeline-page"}
}

// timeline is GET /timeline. The digest in the log is over the same content as
// that of GET /v1/timeline, whatever the page looks like.
func (p *Pages) timeline(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	released, err := p.d.Release.Show(ctx, request(r), func(read release.Reading) (release.Content, error) {
		built := read.Timeline()
		content, err := read.JSON(built, release.IDs(built))
		if err != nil {
			return release.Content{}, err
		}
		text, err := p.render(r, p.timelineView(read, built))
		if err != nil {
			return release.Content{}, err
		}
		content.Type, content.Body, content.Tagged, content.Lang = httpapi.TypeHTML, text, false, ""
		return content, nil
	})
	if err != nil {
		return nil, err
	}
	return httpapi.Data(released), nil
}

// refresh is POST /timeline/refresh: the sources are asked again, and the browser
// is sent to the page, which shows what came.
func (p *Pages) refresh(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	r.SetReturnTo(httpapi.DefaultReturn)
	if err := p.d.Release.Refresh(ctx, request(r)); err != nil {
		return nil, err
	}
	return httpapi.Redirect(http.StatusSeeOther, httpapi.DefaultReturn), nil
}

// timelineView is the page's value.
func (p *Pages) timelineView(read release.Reading, built timeline.Timeline) web.Timeline {
	page := web.Timeline{Told: built, Complete: read.Complete, Idle: p.d.Idle}
	for _, from := range built.Sources {
		source := web.Source{Name: from.Name, Stale: from.Status == string(referral.SourceStale)}
		if from.FetchedAt != nil {
			source.FetchedAt = from.FetchedAt.In(p.london)
		}
		if from.Issue != nil {
			source.Issue = from.Issue.Message
		}
		page.Sources = append(page.Sources, source)
	}
	return page
}
