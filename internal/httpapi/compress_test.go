package httpapi_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
)

// TestTheLengthOfACompressedAnswerDoesNotTellItsContent holds that answers which compress
// to one length leave with many, and that asking for the same again tells no more.
func TestTheLengthOfACompressedAnswerDoesNotTellItsContent(t *testing.T) {
	t.Parallel()
	const answers = 32
	lengthOf := func(content string) int {
		h, err := httpapi.Compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, content)
		}))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		length := w.Body.Len()
		if text, err := gzip.NewReader(w.Body); err != nil {
			t.Fatal(err)
		} else if got, err := io.ReadAll(text); err != nil || string(got) != content {
			t.Errorf("%q became %q: %v", content, got, err)
		}
		return length
	}
	lengths := map[int]bool{}
	for i := range answers {
		content := fmt.Sprintf(`{"text":%q,"n":"%02d"}`, strings.Repeat("x", 2048), i)
		length := lengthOf(content)
		lengths[length] = true
		if lengthOf(content) != length {
			t.Error("the same answer has two lengths, so that many requests show the shortest")
		}
	}
	if len(lengths) < answers/4 {
		t.Errorf("%d answers of one form have %d lengths", answers, len(lengths))
	}
}
