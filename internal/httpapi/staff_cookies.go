package httpapi

// The cookie of a member of staff's session is sent below /audit only, so that a
// browser in which somebody is both a citizen and an auditor never shows one side
// the other's.
const (
	StaffCookie = "pca_staff" // the session's secret
	StaffPath   = "/audit"
)
