package httpapi

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

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
	found, err := s.d.Staff.Find(secret)
	if err != nil {
		return problem.New(problem.StaffSignInRequired, err)
	}
	requestOf(c).member = &found
	return nil
}
