package release

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/wording"
)

// Content is what a render function makes of a reading.
type Content struct {
	Type string // media type
	Body []byte
	// Location sends the citizen there instead; Body is then empty.
	Location string
	// Sum is the SHA-256 of what counts as the content: Body without what changes by
	// itself, such as the time. Zero: of Body and Location.
	Sum [32]byte
	// Tagged lets the caller ask whether the content is still the same.
	Tagged bool
	// Incomplete says that the answer itself says that something is missing.
	Incomplete bool
	Lang       wording.Lang // empty: not said
	// Referrals are the ids of the referrals that the content is about.
	Referrals []string
}

func (c Content) summed() Content {
	if c.Sum == [32]byte{} {
		c.Sum = sha256.Sum256(append([]byte(c.Location), c.Body...))
	}
	return c
}

// tag names the content; empty where it is not tagged.
func (c Content) tag() string {
	if !c.Tagged {
		return ""
	}
	sum := c.summed().Sum
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Released is content that the log has an entry about, so that it may leave.
type Released struct {
	content   Content
	tag       string
	unchanged bool
	written   audit.Written
}

// Content is what may leave. ok is false for a Released that Show did not make.
func (r Released) Content() (c Content, ok bool) { return r.content, r.written.Count > 0 }

// Tag names the content; empty where it has no tag.
func (r Released) Tag() string { return r.tag }

// Unchanged reports whether the caller has this content already: then the answer is
// so and the content stays here.
func (r Released) Unchanged() bool { return r.unchanged }
