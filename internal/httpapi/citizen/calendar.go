package citizen

import (
	"context"
	"errors"
	"fmt"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi/ical"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/release"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// calendar is GET /v1/appointments/{id}/calendar.ics: one appointment as a
// calendar file (RFC 5545) without a clinical word.
func (a *API) calendar(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	answer, err := a.show(ctx, r, release.Request{Purpose: "calendar", NoHistory: true}, func(read release.Reading) (release.Content, error) {
		found, err := own(read, func(referral timeline.Referral) bool {
			return referral.Appointment != nil && referral.Appointment.ID == r.Param("id")
		})
		if err != nil {
			return release.Content{}, err
		}
		file, err := ical.Render(found.Appointment, read.At)
		if errors.Is(err, ical.ErrNoTime) {
			return release.Content{}, problem.New(problem.Conflict, err).
				WithWords(wording.DetailNoCalendarTime)
		}
		if err != nil {
			return release.Content{}, fmt.Errorf("make calendar file: %w", err)
		}
		return release.Content{Type: "text/calendar; charset=utf-8", Body: file, Referrals: []string{found.ID}}, nil
	})
	if err != nil {
		return nil, err
	}
	return answer.With("Content-Disposition", `attachment; filename="appointment.ics"`), nil
}
