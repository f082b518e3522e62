package httpapi

import "github.com/gin-gonic/gin"

// The cookie of a member of staff's session is sent below /audit only, so that a
// browser in which somebody is both a citizen and an auditor never shows one side
// the other's.
const (
	StaffCookie = "pca_staff" // the session's secret
	StaffPath   = "/audit"
)

func (k cookies) getStaff(c *gin.Context) string { return k.get(c, k.full(StaffCookie, StaffPath)) }
