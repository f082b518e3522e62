package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// calendar is GET /v1/appointments/{id}/calendar.ics: one appointment as a
// calendar file (RFC 5545) without a clinical word.
func (s *server) calendar(c *gin.Context) error {
	const purpose = "calendar"
	r, err := s.read(c, aggregate.Cached, purpose)
	if err != nil {
		return err
	}
	found, err := s.ownReferral(c, r, purpose, func(each timeline.Referral) bool {
		return each.Appointment != nil && each.Appointment.ID == c.Param("id")
	})
	if err != nil {
		return err
	}
	file, err := timeline.Calendar(found, s.d.Now())
	if errors.Is(err, timeline.ErrNoTime) {
		none := problem.New(problem.Conflict, err).
			WithDetail("This appointment has no date and time yet, so there is nothing to put into a calendar.")
		return s.refuse(c, none, purpose, r.Result)
	}
	if err != nil {
		return fmt.Errorf("make calendar file: %w", err)
	}
	if err := s.release(c, r, audit.DataReleased, purpose, file, []timeline.Referral{found}); err != nil {
		return err
	}
	dataHeaders(c.Writer.Header())
	c.Header("Content-Disposition", `attachment; filename="appointment.ics"`)
	c.Data(http.StatusOK, "text/calendar; charset=utf-8", file)
	return nil
}
