package httpapi

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/subject"
)

type searchRequest struct {
	NHSNumber string `json:"nhsNumber"` // ten digits, spaces allowed; MUST NOT be logged
	Reason    string `json:"reason"`
	Limit     int    `json:"limit"` // 0: the default
	Cursor    string `json:"cursor"`
}

// auditSearch is POST /audit/v1/entries/search: the entries about one citizen.
// The NHS number comes in this body alone; the search itself, with its reason,
// stands in the log under the citizen's pseudonym, where the citizen sees it too.
// A number that nobody here has gives an empty list, and is logged as well.
func (s *server) auditSearch(c *gin.Context) error {
	var in searchRequest
	if err := readJSON(c, &in); err != nil {
		return err
	}
	number, err := citizen.ParseNHSNumber(strings.ReplaceAll(in.NHSNumber, " ", ""))
	if err != nil {
		return problem.New(problem.BadRequest, nil).WithDetail("nhsNumber must be a valid NHS number of ten digits.")
	}
	why, err := subject.ParseReason(in.Reason)
	if err != nil {
		return problem.New(problem.BadRequest, nil).WithDetail(strings.Replace(err.Error(), "the reason", "The reason", 1) + ".")
	}
	p, err := ReadLogPage(limitOf(in.Limit), in.Cursor)
	if err != nil {
		return err
	}
	about, err := s.d.Auditors.Citizens.LookUp(c.Request.Context(), number)
	if err != nil && !errors.Is(err, citizen.ErrNoSubject) {
		return LogUnreadable(err)
	}
	if err := s.auditorReads(c, "search: "+why.String(), about); err != nil {
		return err
	}
	if about == "" { // an empty pseudonym in a filter would mean everybody
		about = unknownCitizen
	}
	return s.writeEntries(c, audit.Filter{Citizen: about, NewestFirst: true}, p)
}

// unknownCitizen is nobody's pseudonym: those are letters and digits.
const unknownCitizen citizen.Ref = "-"

func limitOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
