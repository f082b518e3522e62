package consent

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// Digest is the SHA-256, in unpadded base64url, of the event's every field. The
// event's audit entry carries it: an event that was edited, added or taken away
// in the store no longer agrees with the log.
func (e Event) Digest() string {
	expires := ""
	if !e.ExpiresAt.IsZero() {
		expires = e.ExpiresAt.UTC().Format(time.RFC3339Nano)
	}
	// Strings and lists of strings cannot fail to marshal.
	canonical, _ := json.Marshal([]any{ //nolint:errchkjson // see above
		"consent-event-1", e.Seq, e.ID, e.Kind, e.Citizen, e.Client, listed(e.Scopes), listed(e.Asked),
		e.Notice, e.NoticeDigest, e.Language, e.Channel, e.At.UTC().Format(time.RFC3339Nano), expires,
		e.IdempotencyKey,
	})
	sum := sha256.Sum256(canonical)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// listed makes nil and empty the same.
func listed(scopes []Scope) []Scope {
	if scopes == nil {
		return []Scope{}
	}
	return scopes
}
