package httpapi

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// Compressed answers with gzip where a client takes it (RFC 9110, 12.5.3). Streams
// are left alone: their readers count on lines as they come.
//
// Nothing that is compressed holds a secret beside text that somebody else chose, so
// its length tells a listener nothing (BREACH); a random length is added all the same.
func Compressed(next http.Handler) (http.Handler, error) {
	const smallest, jitter = 1024, 32 // bytes
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(smallest), gzhttp.EnableZstd(false), gzhttp.RandomJitter(jitter, 0, false),
		gzhttp.ContentTypes([]string{"application/json", problemType, "application/yaml", "text/html", "text/css", "text/javascript", "text/markdown", "image/svg+xml"}),
	)
	if err != nil {
		return nil, fmt.Errorf("compress answers: %w", err)
	}
	return wrap(next), nil
}
