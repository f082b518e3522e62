package auditor

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/patient-care-aggregator/aggregator/internal/audit"
	"github.com/patient-care-aggregator/aggregator/internal/audit/export"
	"github.com/patient-care-aggregator/aggregator/internal/client"
	"github.com/patient-care-aggregator/aggregator/internal/httpapi"
	"github.com/patient-care-aggregator/aggregator/internal/problem"
)

type entriesView struct {
	Entries []entryView `json:"entries"`
	Next    *string     `json:"next"` // null: this was the last page
}

// entryView is one entry of the log, whole: entries hold no identity but the id of a
// list, and no clinical content.
type entryView struct {
	Seq           int64         `json:"seq"`
	At            string        `json:"at"` // UTC, nine fractional digits, as it was hashed
	Kind          audit.Kind    `json:"kind"`
	Outcome       audit.Outcome `json:"outcome"`
	Actor         *audit.Actor  `json:"actor"`
	List          *string       `json:"list"`       // null: what opens the entry was removed
	CitizenSeq    *int64        `json:"citizenSeq"` // place in the list, from 1
	Client        *client.ID    `json:"client"`
	Purpose       *string       `json:"purpose"`
	Reason        *string       `json:"reason"`
	Act           *string       `json:"act"` // joins the entries of one act of staff
	Ground        *string       `json:"ground"`
	Case          *string       `json:"case"`
	Note          *string       `json:"note"`
	Consent       *string       `json:"consent"`
	Scopes        []string      `json:"scopes"`
	Notice        *string       `json:"notice"`
	Event         *int64        `json:"event"`
	Referrals     int           `json:"referrals"` // how many were shown
	ReferralsSum  *string       `json:"referralsDigest"`
	Digest        *string       `json:"digest"`
	Policy        *string       `json:"policy"`
	ValueSets     *string       `json:"valueSets"`
	Stale         bool          `json:"stale"`
	Partial       bool          `json:"partial"`
	AsOf          *string       `json:"asOf"`
	Age           int64         `json:"age"`           // seconds
	CorrelationID *string       `json:"correlationId"` // null: there was none, or its time is over
	LeafHash      string        `json:"leafHash"`      // what /audit/v1/proof proves
}

// entries is GET /audit/v1/entries: a page of the log, or with ?format= all that the
// filter chooses, as an export. NDJSON, which Accept: application/x-ndjson asks for too,
// can be proved with `aggregator audit check`.
func (l *Log) entries(ctx context.Context, r *httpapi.Request) (httpapi.Answer, error) {
	f, err := readFilter(r)
	if err != nil {
		return nil, err
	}
	format, err := readFormat(r)
	if err != nil {
		return nil, err
	}
	if format != "" {
		return l.stream(ctx, r, f, format)
	}
	p, err := httpapi.ReadLogPage(r.Query("limit"), r.Query("cursor"))
	if err != nil {
		return nil, err
	}
	written, err := l.looksAt(ctx, r, "entries", f, p)
	if err != nil {
		return nil, err
	}
	return l.writeEntries(ctx, written, f, p)
}

// looksAt logs a look at what a filter chooses. A look at one citizen's list is in that
// list, where the citizen sees it.
func (l *Log) looksAt(ctx context.Context, r *httpapi.Request, what string, f audit.Filter, p httpapi.LogPage) (audit.Written, error) {
	return l.reads(ctx, r, looked(what, f, p), lookedUp{list: listOf(f)})
}

// listOf is the citizen's list that a filter chooses from; none: it chooses no citizen's.
func listOf(f audit.Filter) audit.ListID {
	if !f.List.IsCitizens() {
		return audit.ListID{}
	}
	return f.List
}

func (l *Log) writeEntries(ctx context.Context, written audit.Written, f audit.Filter, p httpapi.LogPage) (httpapi.Answer, error) {
	found, next, err := p.Find(ctx, l.d.Log, f)
	if err != nil {
		return nil, err
	}
	body := entriesView{Entries: make([]entryView, len(found)), Next: next}
	for i, r := range found {
		if body.Entries[i], err = viewOf(r); err != nil {
			return nil, httpapi.LogUnreadable(err)
		}
	}
	return httpapi.LoggedJSON(written, http.StatusOK, body), nil
}

func viewOf(r audit.Record) (entryView, error) {
	e, err := r.Entry()
	if err != nil {
		return entryView{}, err
	}
	var asOf *string
	if !e.AsOf.IsZero() {
		text := e.AsOf.UTC().Format(time.RFC3339)
		asOf = &text
	}
	return entryView{
		Seq: r.Seq, At: audit.LeafTime(e.At), Kind: e.Kind, Outcome: e.Outcome,
		Actor: httpapi.OrNull(e.Actor), List: httpapi.OrNull(e.List.String()), CitizenSeq: numberOrNull(e.Number), Client: httpapi.OrNull(e.Client),
		Purpose: httpapi.OrNull(e.Purpose), Reason: httpapi.OrNull(e.Reason),
		Act: httpapi.OrNull(e.Act), Ground: httpapi.OrNull(e.Ground), Case: httpapi.OrNull(e.Case), Note: httpapi.OrNull(e.Note), Consent: httpapi.OrNull(e.Consent),
		Scopes: none(e.Scopes), Notice: httpapi.OrNull(e.Notice), Event: numberOrNull(e.Event),
		Referrals: e.Referrals, ReferralsSum: httpapi.OrNull(e.ReferralsDigest), Digest: httpapi.OrNull(e.Digest),
		Policy: httpapi.OrNull(e.Policy), ValueSets: httpapi.OrNull(e.ValueSets), CorrelationID: httpapi.OrNull(e.CorrelationID),
		Stale: e.Stale, Partial: e.Partial, AsOf: asOf, Age: int64(e.Age / time.Second),
		LeafHash: audit.LeafHash(r.Leaf).String(),
	}, nil
}

func numberOrNull(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// looked is what is looked at: the filter, how many entries and from where on. So it can
// be found later who was shown an entry.
func looked(what string, f audit.Filter, p httpapi.LogPage) string {
	if chosen := f.String(); chosen != "" {
		what += " " + chosen
	}
	what = fmt.Sprintf("%s limit=%d", what, p.Limit())
	if after, begun := p.After().Seq(); begun {
		what = fmt.Sprintf("%s after=%d", what, after)
	}
	return what
}

// readFilter reads ?since=&until=&client=&kind=&outcome=&actor=&list=&seq=&act=&consent=&correlationId=&order=. What names
// nothing is refused: to an auditor a misspelt kind must not look like one that never happened.
func readFilter(r *httpapi.Request) (audit.Filter, error) {
	var f audit.Filter
	var err error
	if f.Since, f.Until, err = readSpan(r); err != nil {
		return f, err
	}
	const longest = 128
	f.Client = client.ID(r.Query("client"))
	if len(f.Client) > longest {
		return f, problem.New(problem.BadRequest, nil).WithDetail("client must have at most 128 characters.")
	}
	for _, kind := range r.Queries()["kind"] {
		if !slices.Contains(audit.Kinds(), audit.Kind(kind)) {
			return f, problem.New(problem.BadRequest, nil).WithDetail("kind names no kind of entry.")
		}
		f.Kinds = append(f.Kinds, audit.Kind(kind))
	}
	f.Outcome = audit.Outcome(r.Query("outcome"))
	if f.Outcome != "" && !slices.Contains(audit.Outcomes(), f.Outcome) {
		return f, problem.New(problem.BadRequest, nil).WithDetail("outcome must be success, refused or failure.")
	}
	f.Actor, f.Consent, f.Act, f.CorrelationID = audit.Actor(r.Query("actor")), r.Query("consent"), r.Query("act"), r.Query("correlationId")
	if f.List, err = audit.ParseListID(r.Query("list")); err != nil {
		return f, problem.New(problem.BadRequest, nil).WithDetail("list must be as an entry has it.")
	}
	for name, value := range map[string]string{"actor": string(f.Actor), "consent": f.Consent, "act": f.Act, "correlationId": f.CorrelationID} {
		if !isWord(value) {
			return f, problem.New(problem.BadRequest, nil).WithDetail(name + " must be as an entry has it.")
		}
	}
	if r.Query("seq") != "" {
		seq, err := readNumber(r, "seq")
		if err != nil {
			return f, err
		}
		f.Seq = &seq
	}
	switch r.Query("order") {
	case "", "oldest":
	case "newest":
		f.NewestFirst = true
	default:
		return f, problem.New(problem.BadRequest, nil).WithDetail("order must be oldest or newest.")
	}
	return f, nil
}

// isWord reports whether a text can be a pseudonym or an id. The empty text, an
// absent filter, can.
func isWord(s string) bool {
	const longest = 64
	return len(s) <= longest && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:.") == ""
}

const ndjsonType = "application/x-ndjson"

// readFormat is the format of an export; empty: a page is asked for.
func readFormat(r *httpapi.Request) (export.Format, error) {
	format := export.Format(r.Query("format"))
	switch format {
	case "":
		if wantsNDJSON(r) {
			format = export.NDJSON
		}
	case "json":
		format = ""
	case export.NDJSON, export.CSV, export.FHIR:
	default:
		return "", problem.New(problem.BadRequest, nil).WithDetail("format must be json, ndjson, csv or fhir.")
	}
	if format != export.NDJSON && r.Query("prove") != "" {
		return "", problem.New(problem.BadRequest, nil).WithDetail("prove goes with format=ndjson.")
	}
	return format, nil
}

func wantsNDJSON(r *httpapi.Request) bool {
	for _, accepted := range strings.Split(r.Header("Accept"), ",") {
		if kind, _, err := mime.ParseMediaType(strings.TrimSpace(accepted)); err == nil && kind == ndjsonType {
			return true
		}
	}
	return false
}
