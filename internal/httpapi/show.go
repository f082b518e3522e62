package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/aggregate"
	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/timeline"
)

// envelope is around every JSON answer with a citizen's data: how complete it is
// and where it came from.
type envelope struct {
	AsOf     *time.Time        `json:"asOf"`
	Complete bool              `json:"complete"`
	Sources  []sourceView      `json:"sources"`
	Notices  []timeline.Notice `json:"notices"`
}

type sourceView struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Status    aggregate.Status `json:"status"`
	FetchedAt *time.Time       `json:"fetchedAt"`
	Issue     *issueView       `json:"issue"`
}

type issueView struct {
	Code    aggregate.Issue `json:"code"`
	Message string          `json:"message"`
}

// show logs and writes an answer. Its ETag and the digest in the log are over the
// content: the body without asOf and fetchedAt.
func (s *server) show(c *gin.Context, r reading, purpose string, shown []timeline.Referral, body func(*envelope) any) error {
	e := newEnvelope(r)
	content, err := json.Marshal(body(e))
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	sum := sha256.Sum256(content)
	etag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	e.date(r, s.d.Now())
	full, err := json.Marshal(body(e))
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}

	kind := audit.DataReleased
	unchanged := r.Complete && matches(c.GetHeader("If-None-Match"), etag)
	if unchanged {
		kind = audit.DataNotModified
	}
	if err := s.release(c, r, kind, purpose, content, shown); err != nil {
		return err
	}
	dataHeaders(c.Writer.Header())
	c.Header("ETag", etag)
	c.Header("Content-Language", string(r.lang))
	switch {
	case unchanged:
		c.Status(http.StatusNotModified)
	case r.Complete:
		c.Data(http.StatusOK, "application/json; charset=utf-8", full)
	default:
		c.Data(http.StatusMultiStatus, "application/json; charset=utf-8", full)
	}
	return nil
}

func newEnvelope(r reading) *envelope {
	e := &envelope{
		Complete: r.Complete,
		Sources:  make([]sourceView, len(r.Sources)), Notices: make([]timeline.Notice, len(r.Notices)),
	}
	for i, each := range r.Sources {
		e.Sources[i] = sourceView{ID: each.ID, Name: each.Name, Status: each.Status}
		if each.Issue != "" {
			e.Sources[i].Issue = &issueView{each.Issue, r.words.SourceIssue(string(each.Issue), r.lang)}
		}
	}
	for i, n := range r.Notices {
		e.Notices[i] = r.words.Notice(string(n.Code), n.Count, r.lang)
	}
	return e
}

// date adds what changes without the content changing.
func (e *envelope) date(r reading, now time.Time) {
	asOf := now.UTC().Truncate(time.Second)
	e.AsOf = &asOf
	for i, each := range r.Sources {
		if each.FetchedAt != nil {
			at := each.FetchedAt.UTC().Truncate(time.Second)
			e.Sources[i].FetchedAt = &at
		}
	}
}

// matches compares an If-None-Match header weakly (RFC 9110, 13.1.2 and 8.8.3.2).
func matches(header, etag string) bool {
	const longest = 1024
	if len(header) > longest {
		return false
	}
	opaque := strings.TrimPrefix(etag, "W/")
	for _, candidate := range strings.Split(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == opaque {
			return true
		}
	}
	return false
}
