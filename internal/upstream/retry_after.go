package upstream

import (
	"net/http"
	"strconv"
	"time"
)

// RetryAfter is how long an answer asks to wait (RFC 9110, 10.2.3), in seconds only
// and 10 minutes at most; 0: it does not say so in a form that is read here.
func RetryAfter(h http.Header) time.Duration {
	const longest = 10 * time.Minute
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, longest)
}
