package upstream

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// TokenClient is client, which has a transport of its own, for a token endpoint whose expires_in (RFC 6749, 5.1) has one
// of the forms that providers send beside a number: 599.0, "599", "599.0" or "". The
// OAuth library refuses the whole answer because of some of them. What has no meaning
// is left out, as if the provider had not said how long the token lives.
func TokenClient(client *http.Client) *http.Client {
	copied := *client
	copied.Transport = tokenAnswers{client.Transport}
	return &copied
}

type tokenAnswers struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t tokenAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	text, err := io.ReadAll(answer.Body) // the client beneath bounds it
	closed := answer.Body.Close()
	if err != nil {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text), failing{err}))
		return answer, closed
	}
	text = withWholeSeconds(text)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return answer, nil
}

type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// withWholeSeconds writes expires_in as a number of whole seconds, or leaves it out.
// What is no JSON object is returned as it is.
func withWholeSeconds(text []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members["expires_in"] == nil {
		return text
	}
	seconds, ok := wholeSeconds(members["expires_in"])
	if delete(members, "expires_in"); ok {
		members["expires_in"] = json.RawMessage(strconv.FormatInt(seconds, 10))
	}
	written, err := json.Marshal(members)
	if err != nil {
		return text
	}
	return written
}

func wholeSeconds(value json.RawMessage) (int64, bool) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	const most = 100 * 365 * 24 * time.Hour
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(seconds >= 0 && seconds <= most.Seconds()) { // not a number is neither
		return 0, false
	}
	return int64(seconds), true
}
