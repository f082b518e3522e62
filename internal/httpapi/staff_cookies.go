package httpapi

// StaffCookie has the secret of a member of staff's session. It holds for every path,
// as the prefix __Host- demands, which keeps other hosts of the same site from
// setting it; neither side reads the other's cookie.
const StaffCookie = "pca_staff"
