package httpapi

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// StaffSessionProblem distinguishes a session that ended, or whose roles have to be asked
// for again, from a store that failed.
func StaffSessionProblem(err error) error {
	if errors.Is(err, staff.ErrNoSession) || errors.Is(err, staff.ErrUnproved) {
		return problem.New(problem.StaffSignInRequired, err)
	}
	return problem.New(problem.ServiceUnavailable, err)
}

// staff lets only members of staff in: neither a citizen's cookie nor
// any bearer token is looked at.
func (s *server) staff(c *gin.Context) error {
	if c.GetHeader("Authorization") != "" {
		return problem.New(problem.StaffSignInRequired, errors.New("bearer token is not known"))
	}
	secret := requestOf(c).Cookie(StaffCookie)
	if secret == "" {
		return problem.New(problem.StaffSignInRequired, nil)
	}
	found, err := s.d.Staff.Find(c.Request.Context(), secret)
	if err != nil {
		return StaffSessionProblem(err)
	}
	requestOf(c).member = &found
	return nil
}
