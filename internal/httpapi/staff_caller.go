package httpapi

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/problem"
	"github.com/patient-care-aggregator/aggregator/internal/staff"
)

// staff lets members of staff in, and nobody else: neither a citizen's cookie nor
// any bearer token is looked at.
func (s *server) staff(c *gin.Context) error {
	refusal := func(cause error) error {
		c.Header("WWW-Authenticate", "Bearer") // RFC 9110, 15.5.2, asks for a challenge; a browser goes to /audit/login
		return problem.New(problem.StaffSignInRequired, cause)
	}
	if c.GetHeader("Authorization") != "" {
		return refusal(errors.New("bearer token is not known"))
	}
	secret := s.cookies.getStaff(c)
	if secret == "" {
		return refusal(nil)
	}
	found, err := s.d.Auditors.Sessions.Find(secret)
	if err != nil {
		return refusal(err)
	}
	requestOf(c).member = &found
	return nil
}

// mustStaff is for handlers behind the staff middleware.
func mustStaff(c *gin.Context) staff.Session {
	return requestOf(c).Member()
}
