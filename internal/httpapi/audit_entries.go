package httpapi

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/citizen"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

type entriesView struct {
	Entries []entryView `json:"entries"`
	Next    *string     `json:"next"` // null: this was the last page
}

// entryView is one entry of the log, whole: entries hold no identity but the
// citizen's pseudonym, and no clinical content.
type entryView struct {
	Seq           int64         `json:"seq"`
	At            string        `json:"at"` // UTC, nine fractional digits, as it was hashed
	Kind          audit.Kind    `json:"kind"`
	Outcome       audit.Outcome `json:"outcome"`
	Actor         *audit.Actor  `json:"actor"`
	Citizen       *citizen.Ref  `json:"citizen"`
	Client        *client.ID    `json:"client"`
	Purpose       *string       `json:"purpose"`
	Reason        *string       `json:"reason"`
	Consent       *string       `json:"consent"`
	Scopes        []string      `json:"scopes"`
	Notice        *string       `json:"notice"`
	Referrals     []string      `json:"referrals"` // keyed digests
	Digest        *string       `json:"digest"`
	Policy        *string       `json:"policy"`
	ValueSets     *string       `json:"valueSets"`
	CorrelationID *string       `json:"correlationId"` // null: there was none, or its time is over
	LeafHash      string        `json:"leafHash"`      // what /audit/v1/proof proves
}

// auditEntries is GET /audit/v1/entries: a page of the log, or with
// Accept: application/x-ndjson all that the filter chooses, as an export that
// `aggregator audit check` can prove.
func (s *server) auditEntries(c *gin.Context) error {
	f, err := readFilter(c)
	if err != nil {
		return err
	}
	if wantsNDJSON(c) {
		return s.auditStream(c, f)
	}
	p, err := ReadLogPage(c.Query("limit"), c.Query("cursor"))
	if err != nil {
		return err
	}
	if err := s.auditorReads(c, "entries", ""); err != nil {
		return err
	}
	return s.writeEntries(c, f, p)
}

func (s *server) writeEntries(c *gin.Context, f audit.Filter, p LogPage) error {
	found, next, err := s.find(c, f, p)
	if err != nil {
		return err
	}
	body := entriesView{Entries: make([]entryView, len(found)), Next: next}
	for i, r := range found {
		if body.Entries[i], err = viewOf(r); err != nil {
			return LogUnreadable(err)
		}
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, body)
	return nil
}

func viewOf(r audit.Record) (entryView, error) {
	e, err := r.Entry()
	if err != nil {
		return entryView{}, err
	}
	return entryView{
		Seq: r.Seq, At: audit.LeafTime(e.At), Kind: e.Kind, Outcome: e.Outcome,
		Actor: OrNull(e.Actor), Citizen: OrNull(e.Citizen), Client: OrNull(e.Client),
		Purpose: OrNull(e.Purpose), Reason: OrNull(e.Reason), Consent: OrNull(e.Consent),
		Scopes: none(e.Scopes), Notice: OrNull(e.Notice), Referrals: none(e.Referrals), Digest: OrNull(e.Digest),
		Policy: OrNull(e.Policy), ValueSets: OrNull(e.ValueSets), CorrelationID: OrNull(e.CorrelationID),
		LeafHash: audit.LeafHash(r.Leaf).String(),
	}, nil
}

// readFilter reads ?since=&until=&client=&kind=&outcome=&order=. What names
// nothing is refused: to an auditor a misspelt kind must not look like none.
func readFilter(c *gin.Context) (audit.Filter, error) {
	var f audit.Filter
	var err error
	if f.Since, f.Until, err = readSpan(c); err != nil {
		return f, err
	}
	const longest = 128
	f.Client = client.ID(c.Query("client"))
	if len(f.Client) > longest {
		return f, problem.New(problem.BadRequest, nil).WithDetail("client must have at most 128 characters.")
	}
	for _, kind := range c.QueryArray("kind") {
		if !slices.Contains(audit.Kinds(), audit.Kind(kind)) {
			return f, problem.New(problem.BadRequest, nil).WithDetail("kind names no kind of entry.")
		}
		f.Kinds = append(f.Kinds, audit.Kind(kind))
	}
	f.Outcome = audit.Outcome(c.Query("outcome"))
	if f.Outcome != "" && !slices.Contains(audit.Outcomes(), f.Outcome) {
		return f, problem.New(problem.BadRequest, nil).WithDetail("outcome must be success, refused or failure.")
	}
	switch c.Query("order") {
	case "", "oldest":
	case "newest":
		f.NewestFirst = true
	default:
		return f, problem.New(problem.BadRequest, nil).WithDetail("order must be oldest or newest.")
	}
	return f, nil
}

const ndjsonType = "application/x-ndjson"

func wantsNDJSON(c *gin.Context) bool {
	for _, each := range strings.Split(c.GetHeader("Accept"), ",") {
		if kind, _, err := mime.ParseMediaType(strings.TrimSpace(each)); err == nil && kind == ndjsonType {
			return true
		}
	}
	return false
}
